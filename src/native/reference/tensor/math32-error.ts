import { halvedPolynomial } from "../../../core/math/word.ts";

const { fround } = Math;

/** erf x = x E(x^2), within 2^-26.9 up to {@link ERF_MAX}; minimax by Remez' exchange. */
const ERROR = [
  1.1283791580469487, -0.376126094173064, 0.11283626452934803, -0.02686240960062594, 0.005219373004714536,
  -0.0008513444384812458, 0.00011877614670551994, -1.428256479465848e-5, 1.474479489136812e-6, -1.2883265102483313e-7,
  9.318625765097909e-9, -5.425759766143852e-10, 2.457523189919212e-11, -8.280777029384776e-13, 1.942729547282681e-14,
  -2.8206693196760485e-16, 1.902992486581304e-18,
];
/** From here on the nearest f32 is 1. */
const ERF_MAX = 4;

/** Error function, in f64 and rounded once at the end: within 0.7 ulp. */
export function erf32(x: number): number {
  const bounded = x > ERF_MAX ? ERF_MAX : x < -ERF_MAX ? -ERF_MAX : x;
  return fround(bounded * halvedPolynomial(bounded * bounded, ERROR));
}
