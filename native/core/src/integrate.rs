use crate::cpu::multiversion;
use crate::layout::CANONICAL_NAN_F32;

multiversion! {
    /// `destination[i] += source[i] * dt` with the product and the sum rounded to f32 one after the other.
    /// A NaN is stored as the canonical one. Runs to the end of the shorter slice.
    pub fn integrate(destination: &mut [f32], source: &[f32], dt: f32) {
        for (d, &s) in destination.iter_mut().zip(source) {
            let bits = (*d + s * dt).to_bits();
            *d = f32::from_bits(if bits & 0x7fff_ffff > 0x7f80_0000 { CANONICAL_NAN_F32 } else { bits });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpu::at_each_level;

    #[test]
    fn rounds_each_operation_at_every_level() {
        at_each_level(|_| {
            let mut d: Vec<f32> = (0..67).map(|i| 1.0 + i as f32 * 1e-7).collect();
            let s: Vec<f32> = (0..67).map(|i| 0.1 + i as f32).collect();
            let expected: Vec<f32> = d.iter().zip(&s).map(|(d, s)| d + s * 0.016_666_668).collect();
            integrate(&mut d, &s, 0.016_666_668);
            assert_eq!(d, expected);
        });
    }

    #[test]
    fn stores_the_canonical_nan() {
        let mut d = [f32::from_bits(0xffc0_1234), f32::INFINITY, 1.0];
        integrate(&mut d, &[1.0, f32::NEG_INFINITY, f32::INFINITY], 1.0);
        assert_eq!(d.map(f32::to_bits), [0x7fc0_0000, 0x7fc0_0000, 0x7f80_0000]);
    }
}
