use super::angle64::HALF_PI_LONG;
use super::word::{constant_power2, halved_polynomial, pick, product_error};

/// atan t = t + t^3 A(t^2), within 2^-61.1 up to 1/3; minimax by Remez' exchange.
const ARCTANGENT: [f64; 10] = [
    -0.33333333333333276,
    0.1999999999997581,
    -0.14285714282016346,
    0.11111110830865523,
    -0.09090896862978244,
    0.07691976577231277,
    -0.06660901833475105,
    0.05817384590926107,
    -0.04799564160906248,
    0.02793786584583269,
];
/// asin t = t + t^3 A(t^2), within 2^-59.8 up to 1/2; likewise.
const ARCSINE: [f64; 13] = [
    0.16666666666666763,
    0.07499999999970096,
    0.04464285717528876,
    0.030381942675172118,
    0.022372215908309297,
    0.017351595467662958,
    0.013981018806289136,
    0.011397291681123741,
    0.010789324768625342,
    0.003672184223513362,
    0.021790623279833908,
    -0.02111665486133605,
    0.032702105635481336,
];
/// atan(1/2) as the sum of two f64.
const ATAN_HALF: [f64; 2] = [0.4636476090008061, 2.2698777452961687e-17];
const PI: [f64; 2] = [std::f64::consts::PI, 1.2246467991473532e-16];

#[inline(always)]
pub fn atan64(x: f64) -> f64 {
    let size = x.abs();
    let steep = size > 1.0;
    let infinite = size == f64::INFINITY;
    let short = pick(steep, pick(infinite, 0.0, 1.0), size);
    let angle = of_slope(short, pick(steep && !infinite, size, 1.0));
    pick(steep, HALF_PI_LONG[0] - (angle - HALF_PI_LONG[1]), angle).copysign(x)
}

#[inline(always)]
pub fn atan2_64(y: f64, x: f64) -> f64 {
    let width = x.abs();
    let height = y.abs();
    let steep = height > width;
    let short = pick(steep, width, height);
    let long = pick(steep, height, width);
    let scale = pick(
        long > constant_power2(1000),
        constant_power2(-100),
        pick(long < constant_power2(-900), constant_power2(100), 1.0),
    );
    let at_infinity = pick(short == f64::INFINITY, 1.0, short * 0.0);
    let infinite = long == f64::INFINITY;
    let short = pick(infinite, at_infinity, short * scale);
    let long = pick(infinite || long == 0.0, 1.0, long * scale);
    let angle = of_slope(short, long);
    let left = x.to_bits() >> 63 != 0;
    let whole = pick(steep, HALF_PI_LONG[0], pick(left, PI[0], 0.0));
    let low = pick(steep, HALF_PI_LONG[1], pick(left, PI[1], 0.0));
    (whole + (pick(steep == left, angle, -angle) + low)).copysign(y)
}

/// atan(short / long) for 0 <= short <= long, long > 0.
#[inline(always)]
fn of_slope(short: f64, long: f64) -> f64 {
    // atan q = atan(1/2) + atan((q - 1/2) / (1 + q/2))
    let far = short * 3.0 > long;
    let part = pick(far, 0.5, 0.0);
    let t = (short - part * long) / (long + part * short);
    let square = t * t;
    let angle = t + t * square * halved_polynomial(square, &ARCTANGENT);
    pick(far, ATAN_HALF[0] + (angle + ATAN_HALF[1]), angle)
}

/// Parts of the arcsine of a size up to 1: `root + end`, of twice that less than pi/2 if it is above 1/2.
#[inline(always)]
fn arcsine(size: f64) -> (f64, f64) {
    let far = size > 0.5;
    let square = pick(far, (1.0 - size) * 0.5, size * size);
    let root = pick(far, square.sqrt(), size);
    let product = root * root;
    let rest = (square - product - product_error(root, root, product)) / (2.0 * root);
    let end = root * square * halved_polynomial(square, &ARCSINE);
    (root, pick(far && root > 0.0, end + rest, end))
}

#[inline(always)]
pub fn asin64(x: f64) -> f64 {
    let size = x.abs();
    let (root, end) = arcsine(size);
    pick(size <= 0.5, root + end, less_twice(HALF_PI_LONG, root, end)).copysign(x)
}

#[inline(always)]
pub fn acos64(x: f64) -> f64 {
    let size = x.abs();
    let (root, end) = arcsine(size);
    let near = less_twice(HALF_PI_LONG, root.copysign(x) * 0.5, end.copysign(x) * 0.5);
    pick(size <= 0.5, near, pick(x < 0.0, less_twice(PI, root, end), 2.0 * (root + end)))
}

/// `whole - 2 (root + end)`.
#[inline(always)]
fn less_twice(whole: [f64; 2], root: f64, end: f64) -> f64 {
    let first = whole[0] - 2.0 * root;
    first + (whole[0] - first - 2.0 * root + (whole[1] - 2.0 * end))
}
