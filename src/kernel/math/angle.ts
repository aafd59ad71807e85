import type { Graph } from "../graph.ts";
import type { Node } from "../node.ts";
import { expressions, polynomial, ROUNDER } from "./expression.ts";

/** An angle as `quarter * pi/2 + rest`, the rest within pi/4 and a little. */
export interface Reduced {
  /** i32 or u32 whose two lowest bits count. */
  readonly quarter: Node;
  /** f32, or f64 where that was asked for. */
  readonly rest: Node;
  /** f32 whose difference is the rest before it was rounded; the tail is below 2^-22. */
  readonly head?: Node;
  readonly tail?: Node;
}

/** Angles up to this are reduced by {@link reduceSmall}: 2^11 quarters. */
export const SMALL = 3216;
/** Likewise by {@link reduceSmallLong}: 2^13 quarters. */
export const SMALL_LONG = 12_867;

/**
 * pi/2 = the sum: parts of 12 and 13 bits, so that products with numbers of quarters are exact, and one of 24 bits that is
 * below 2^-33.
 */
const HALF_PI = [1.57080078125, -0.000004454515874385834, 6.07710062827671e-11] as const;
/** pi/2 = the sum: 40 bits, and 53 more. */
const HALF_PI_LONG = [1.5707963267941523, 7.443547480486623e-13];
const TWO_OVER_PI = 0.6366197723675814;

/** Cody and Waite's reduction of an f32 within {@link SMALL}; larger ones give anything, NaN gives NaN. */
export function reduceSmall(graph: Graph, angle: Node): Reduced {
  const f = expressions(graph);
  const { quarter, count, sum } = quarters(graph, angle);
  // Where there are none, +0 is subtracted and then -0 added: so an angle of -0 stays one.
  const opposite = f("sub", ROUNDER, sum);
  const head = f("add", f("sub", angle, f("mul", count, HALF_PI[0])), f("mul", opposite, HALF_PI[1]));
  const tail = f("mul", count, HALF_PI[2]);
  return { quarter, rest: f("sub", head, tail), head, tail };
}

/** The same with the rest in f64, exact to 2^-60 or so. */
export function reduceSmallLong(graph: Graph, angle: Node): Reduced {
  const f = expressions(graph);
  const { quarter, count } = quarters(graph, angle);
  const long = graph.convert("f64", count);
  const rest = HALF_PI_LONG.reduce((sum, part) => f("sub", sum, f("mul", long, part)), graph.convert("f64", angle));
  return { quarter, rest };
}

function quarters(graph: Graph, angle: Node) {
  const f = expressions(graph);
  const sum = f("add", f("mul", angle, TWO_OVER_PI), ROUNDER);
  return { quarter: graph.bits("i32", sum), count: f("sub", sum, ROUNDER), sum };
}

/** Bits of 2/pi, the first of which is worth 1/2; 32 zeros before them. */
const TWO_OVER_PI_BITS = [0, 0xa2f9836e, 0x4e441529, 0xfc2757d1, 0xf534ddc0, 0xdb629599, 0x3c439041, 0xfe5163ab];

/**
 * Payne and Hanek's reduction of an f32 of at least 2^-7: of the product of its 24 bits with 2/pi only what can change the
 * result is computed, three words. The rest is f64; infinity and NaN give a NaN.
 */
export function reduceLarge(graph: Graph, angle: Node): Reduced {
  const f = expressions(graph);
  const bits = graph.bits("u32", angle);
  const mantissa = f("or", f("and", bits, 0x7fffff), 0x800000);
  // angle = mantissa * 2^exponent; bit `exponent + 30` of the words is worth two quarters in the product with the mantissa.
  const start = f("sub", f("shr", bits, 23), 120);
  const shift = graph.bits("i32", f("and", start, 31));
  const words = [0, 1, 2, 3].map((j) => {
    let word = graph.constant("u32", TWO_OVER_PI_BITS[j + 4]!);
    for (let k = 3; k >= 0; k--) word = f("select", f("lt", start, 32 * k + 32), TWO_OVER_PI_BITS[j + k]!, word);
    return word;
  });
  const [high, middle, low] = [0, 1, 2].map((j) =>
    f("or", f("shl", words[j]!, shift), f("shr", f("shr", words[j + 1]!, 1), f("sub", 31, shift))),
  ) as [Node, Node, Node];
  const long = graph.convert("f64", mantissa);
  // In units of 2^-30 quarters. Whole turns fall out of the first product at its upper end.
  const fraction = f("mul", f("mul", long, graph.convert("f64", middle)), 2 ** -32);
  const whole = f("floor", fraction);
  const sum = f("add", f("mul", mantissa, high), graph.convert("u32", whole));
  const quarter = f("shr", f("add", sum, 2 ** 29), 30);
  const rest = graph.bits("i32", f("sub", sum, f("shl", quarter, 30)));
  const units = f(
    "add",
    f("add", graph.convert("f64", rest), f("sub", fraction, whole)),
    f("mul", f("mul", long, graph.convert("f64", low)), 2 ** -64),
  );
  const turned = f("mul", units, 1.5707963267948966 * 2 ** -30);
  return { quarter, rest: f("select", f("lt", angle, Infinity), turned, Number.NaN) };
}

/** sin r = r + r^3 S(r^2), within 2^-27.9; minimax by Remez' exchange, coefficients rounded one after the other. */
const SINE = [-0.16666655242443085, 0.008332189172506332, -0.00019518283079378307];
/** cos r = 1 + r^2 C(r^2), within 2^-33; likewise. */
const COSINE = [-0.5, 0.04166664555668831, -0.0013887309469282627, 0.000024432327336398885];

/** Sine of what is left of an angle; -0 for -0. */
export function sineOfRest(graph: Graph, { rest, head, tail }: Reduced): Node {
  const f = expressions(graph);
  const square = f("mul", rest, rest);
  const end = f("mul", f("mul", rest, square), polynomial(graph, square, SINE));
  return head === undefined || tail === undefined ? f("add", rest, end) : f("sub", head, f("sub", tail, end));
}

/** Cosine of what is left of an angle. */
export function cosineOfRest(graph: Graph, { rest }: Reduced): Node {
  const f = expressions(graph);
  const square = f("mul", rest, rest);
  return polynomial(graph, square, [1, ...COSINE]);
}
