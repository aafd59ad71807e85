/** Cells past these are one cell: 32 bits with room for their neighbours. */
const CELL_MAX = 2 ** 30;

/** The number of the cell of so many metres that a coordinate is in; for NaN the lowest. */
export function cellOf(coordinate: number, side: number): number {
  const cell = Math.floor(coordinate / side);
  return cell > CELL_MAX ? CELL_MAX : cell >= -CELL_MAX ? cell : -CELL_MAX;
}

/** Buckets less one for so many entries: at least twice as many, a power of two. */
export function bucketMask(count: number): number {
  return (1 << (32 - Math.clz32(count))) * 2 - 1;
}

/** The bucket of a cell, which it shares with others. */
export function bucketOf(x: number, y: number, z: number, mask: number): number {
  let bits = Math.imul(x, 0x9e3779b1) ^ Math.imul(y, 0x85ebca77) ^ Math.imul(z, 0xc2b2ae3d);
  bits ^= bits >>> 15;
  return bits & mask;
}
