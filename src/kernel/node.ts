/** What a lane of a node is: `bool` is a mask, integers wrap around. */
export type ValueType = "f32" | "f64" | "i32" | "u32" | "bool";

/**
 * Operations. Operands have the type of the result unless said otherwise; `i` is i32 or u32, `f` is f32 or f64.
 * f32 is rounded after every operation. No operation traps.
 */
const OPS = [
  // Leaves; `value` says which.
  "const", // any type: the number itself; bool is 0 or 1
  "load", // element `value & 0xffff` of the row in buffer `value >>> 16`
  "uniform", // uniform `value`
  "entity", // i32: the entity of the row
  // Arithmetic
  "add", // f i
  "sub", // f i
  "mul", // f i
  "div", // f i; integers truncate, by zero gives 0, and the lowest i32 by -1 itself
  "neg", // f i32
  "abs", // f i32
  "min", // f i; of floats as Math.min: NaN wins, -0 is below 0
  "max", // f i
  "sqrt", // f
  "floor", // f
  "ceil", // f
  "trunc", // f
  "nearest", // f; ties to even
  "copysign", // f: magnitude of the first, sign of the second, which must not be NaN
  // Comparison of f or i; bool
  "eq",
  "ne",
  "lt",
  "le",
  "gt",
  "ge",
  // Bits
  "and", // i bool
  "or", // i bool
  "xor", // i bool
  "not", // i bool
  "shl", // i; the second operand is i32, taken modulo 32
  "shr", // i; keeps the sign of i32
  // Choice: (bool, T, T) -> T
  "select", // the second operand where the first holds, else the third
  "rare", // the same; what only the second operand needs is computed where the first holds in some lane
  // Types
  "convert", // between f32, f64, i32, u32: floats to integers truncate and saturate, NaN gives 0; bool gives 0 or 1
  "bits", // the same 32 bits as another of f32, i32, u32; NaN must not get here
  // Other entities; operands (entity: i32, mask: bool)
  "alive", // bool: the mask holds, the entity exists and has the component of gather `value`
  "fetch", // the element of gather `value`; 0 where `alive` would be false
  // Neighbours; `loop` is theirs
  "phi", // carried value `value` of the loop, before this neighbour
  "other", // i32: the neighbour
  "otherX", // f32: where it is
  "otherY",
  "selfX", // f32: where the row's own entity is, by the index; the same for all neighbours
  "selfY",
  "result", // carried value `value` of the loop, after all neighbours
] as const;

export type Op = (typeof OPS)[number];

/** A value of a row. Nodes are made by `Graph` and are equal exactly if they are the same object. */
export interface Node {
  /** Position in the graph: operands have lower numbers. */
  readonly id: number;
  readonly op: Op;
  readonly type: ValueType;
  readonly args: readonly Node[];
  readonly value: number;
  /** The loop that the node belongs to: of `phi` and the like theirs, of others that of an operand. */
  readonly loop: Loop | undefined;
  /** Of a `result`: the loop that it is a result of. */
  readonly of: Loop | undefined;
}

/**
 * Visits candidates near the row, in the order of the index; candidates are more than neighbours: the body masks those
 * that are too far, and the row itself. Loops are not nested.
 */
export interface Loop {
  readonly id: number;
  /** f32, the same for all candidates: those within it are visited. Its sign does not matter. */
  readonly radius: Node;
  /** bool: the rows that visit candidates; for the others, carried values stay what they were before. */
  readonly mask: Node;
  /** Values before the loop, and after each candidate. */
  readonly starts: Node[];
  readonly phis: Node[];
  readonly nexts: Node[];
}
