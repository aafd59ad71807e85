const SIGNIFICAND_BITS = 23;
const EXPONENT_MIN = -126;

/**
 * How far an f32 is from an exact result (as an f64), in units of the last place of an f32 of the exact result's size. 0
 * where the result rounds to it; infinite for a wrong zero's sign, NaN or infinity.
 */
export function ulps(got: number, exact: number): number {
  const nearest = Math.fround(exact);
  if (Object.is(got, nearest)) return 0;
  if (!Number.isFinite(got) || !Number.isFinite(nearest)) {
    // The largest f32 for infinity, and the reverse, are one off.
    const edge = Math.abs(exact) > 3.4028e38 && Math.abs(got) > 3.4028e38 && got > 0 === exact > 0;
    return edge ? 1 : Infinity;
  }
  const wrongSign = got === 0 && (exact < 0 || Object.is(exact, -0)) !== Object.is(got, -0);
  return wrongSign || exact === 0 ? Infinity : Math.abs(got - exact) / unit(exact);
}

function unit(exact: number): number {
  let exponent = Math.floor(Math.log2(Math.abs(exact)));
  if (2 ** exponent > Math.abs(exact)) exponent--;
  return 2 ** (Math.max(EXPONENT_MIN, exponent) - SIGNIFICAND_BITS);
}
