import fc from "fast-check";

/** Bits of an f32: ordinary, extreme, infinite, denormal, and NaNs with payloads. */
export const anyF32: fc.Arbitrary<number> = fc.oneof(
  fc.nat(0xffffffff),
  fc.constantFrom(0, 0x80000000, 1, 0x80000001, 0x007fffff, 0x00800000, 0x7f7fffff, 0x7f800000, 0xff800000),
  fc.constantFrom(0x7fc00000, 0xffc00000, 0x7f800001, 0xffffffff, 0x7fc12345),
  fc.integer({ min: 0x3f000000, max: 0x41000000 }),
);

/** Any u32, often a small one or one close to a power of two. */
export const anyU32: fc.Arbitrary<number> = fc.oneof(
  fc.nat(0xffffffff),
  fc.nat(300),
  fc.constantFrom(0, 1, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff),
);
