use super::word::{pick32, polynomial};

/// atan a = a + a^3 A(a^2), within 2^-28.1 up to 1; minimax by Remez' exchange, coefficients rounded one after the other.
const ARCTANGENT: [f32; 9] = [
    -0.33333298563957214,
    0.1999852955341339,
    -0.14264042675495148,
    0.10951543599367142,
    -0.08403550088405609,
    0.057998981326818466,
    -0.031259261071681976,
    0.010978777892887592,
    -0.0018121555913239717,
];
/// pi/2 and pi, each as the sum of two f32.
const HALF_PI: [f32; 2] = [std::f32::consts::FRAC_PI_2, -4.371139000186241e-8];
const PI: [f32; 2] = [std::f32::consts::PI, -8.742278000372482e-8];

#[inline(always)]
pub fn atan2_32(y: f32, x: f32) -> f32 {
    let width = x.abs();
    let height = y.abs();
    let steep = height > width;
    let short = pick32(steep, width, height);
    let long = pick32(steep, height, width);
    // 0/0 is 0 here, and infinity by infinity 1.
    let ratio = pick32(short == long, pick32(long > 0.0, 1.0, 0.0), short / long);
    let square = ratio * ratio;
    let flat = ratio + ratio * square * polynomial(square, &ARCTANGENT);
    let turned = pick32(steep, HALF_PI[0] - (flat - HALF_PI[1]), flat);
    let left = x.to_bits() >> 31 != 0;
    pick32(left, PI[0] - (turned - PI[1]), turned).copysign(y)
}

#[inline(always)]
pub fn atan32(x: f32) -> f32 {
    atan2_32(x, 1.0)
}
