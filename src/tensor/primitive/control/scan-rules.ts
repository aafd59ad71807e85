import { bind } from "../../bind.ts";
import type { Graph } from "../../graph.ts";
import { evaluate } from "../../graph.ts";
import {
  batchedGraph,
  closed,
  type Derived,
  dualGraph,
  type Halves,
  halves,
  pick,
  transposedGraph,
} from "../../trace/derive.ts";
import type { Value } from "../../value.ts";
import { moveAxis, op, repeatFirst, zerosLike } from "../exact.ts";
import {
  type Backward,
  type Batched,
  type Dual,
  type Primitive,
  type SomeBatched,
  type Split,
  Unknown,
} from "../primitive.ts";
import { filled, reordered } from "./body.ts";
import type { ScanParams } from "./scan.ts";

type Scan = Primitive<ScanParams>;

/** The constants, carries and sequences of a list with something for each input. */
interface Parts<T> {
  readonly constants: readonly T[];
  readonly carries: readonly T[];
  readonly sequences: readonly T[];
}

/** One scan of values and tangents. */
export function dualScan(scan: Scan, { primals, tangents, params }: Dual<ScanParams>) {
  const { graph, carries, length } = params;
  const moving = tangents.map((tangent) => tangent !== undefined);
  const joint = settled(moving, params, (flags) => {
    const always = graph.outputs.map((_, i) => i < carries && flags[params.constants + i] === true);
    return dualGraph(graph, flags, always);
  });
  const given = partsOf(primals, params);
  const changes = partsOf(filled(tangents, primals, joint.flags), countsOf(joint.flags, params));
  const flags = partsOf(joint.flags, params);
  // Inputs of the joint graph: all values, then tangents. Here constants with theirs come first, then carries, sequences.
  const places = partsOf(numbers(primals.length), params);
  const places2 = partsOf(numbers(count(joint.flags), primals.length), countsOf(joint.flags, params));
  const outs = cut(numbers(graph.outputs.length), carries);
  const outs2 = cut(numbers(count(joint.has), graph.outputs.length), count(flags.carries));
  const results = bind(scan, interleaved(given, changes), {
    graph: {
      ...reordered(joint.graph, interleaved(places, places2)),
      outputs: [...outs[0], ...outs2[0], ...outs[1], ...outs2[1]].map((i) => joint.graph.outputs[i]!),
    },
    constants: given.constants.length + changes.constants.length,
    carries: carries + changes.carries.length,
    length,
    reverse: params.reverse,
  });
  const [state, stacks] = cut(results, carries + changes.carries.length);
  const [ys, yTangents] = cut(stacks, graph.outputs.length - carries);
  const found = [...state.slice(carries), ...yTangents];
  let next = 0;
  return {
    outputs: [...state.slice(0, carries), ...ys],
    tangents: joint.has.map((has) => (has ? found[next++] : undefined)),
  };
}

/** A scan of what is known, which also gives what the linear scan after it needs of each pass. */
export function splitScan(scan: Scan, { inputs, linear, params, record }: Split<ScanParams>): Value[] {
  const { graph, constants, carries, length, reverse } = params;
  const parts = settled(linear, params, (flags) => {
    const always = graph.outputs.map((_, i) => i < carries && flags[constants + i] === true);
    return halves(graph, flags, always);
  });
  const isKnown = parts.flags.map((is) => !is);
  const knownCounts = countsOf(isKnown, params);
  const knownInputs = pick(inputs, isKnown);
  // Carries change from pass to pass: where the linear half takes a known one, it is given by each pass, as a residual.
  const kindOf = (shared: number) =>
    shared < knownCounts.constants
      ? "constant"
      : shared < knownCounts.constants + knownCounts.carries
        ? "carry"
        : "sequence";
  const taken = parts.shared.filter((shared) => kindOf(shared) === "carry");
  const known: Graph = {
    ...parts.known,
    outputs: [...parts.known.outputs, ...taken.map((shared) => parts.known.inputs[shared]!)],
  };
  const results =
    known.outputs.length === 0 ? [] : bind(scan, knownInputs, { graph: known, ...knownCounts, length, reverse });
  const knownResults = results.slice(0, results.length - taken.length - parts.residuals.length);
  const residuals = results.slice(knownResults.length);

  const linearParts = partsOf(pick(inputs, parts.flags), countsOf(parts.flags, params));
  // Inputs of the linear graph: shared ones, residuals, linear ones.
  const sharedPlaces = numbers(parts.shared.length);
  const of = (kind: string) => sharedPlaces.filter((i) => kindOf(parts.shared[i]!) === kind);
  const residualPlaces = numbers(parts.residuals.length, parts.shared.length);
  const linearPlaces = partsOf(
    numbers(count(parts.flags), parts.shared.length + parts.residuals.length),
    countsOf(parts.flags, params),
  );
  const value = (place: number) => knownInputs[parts.shared[place]!]!;
  const recorded = record(
    scan,
    [
      ...of("constant").map(value),
      ...linearParts.constants,
      ...linearParts.carries,
      ...of("sequence").map(value),
      ...residuals.slice(parts.residuals.length),
      ...residuals.slice(0, parts.residuals.length),
      ...linearParts.sequences,
    ],
    {
      graph: reordered(parts.linear, [
        ...of("constant"),
        ...linearPlaces.constants,
        ...linearPlaces.carries,
        ...of("sequence"),
        ...of("carry"),
        ...residualPlaces,
        ...linearPlaces.sequences,
      ]),
      constants: of("constant").length + linearParts.constants.length,
      carries: linearParts.carries.length,
      length,
      reverse,
    },
  );
  let [nextKnown, nextLinear] = [0, 0];
  return parts.has.map((has) => (has ? recorded[nextLinear++]! : knownResults[nextKnown++]!));
}

/** A scan the other way round, which carries cotangents of the carries, and sums of those of constants. */
export function transposeScan(scan: Scan, { cotangents, inputs, params }: Backward<ScanParams>) {
  const { graph, constants, carries, length, reverse } = params;
  // Carries of a scan on a tape are linear, also where the first one is known (to be zero).
  const linear = inputs.map((input, i) => input instanceof Unknown || (i >= constants && i < constants + carries));
  const given = graph.outputs.map((_, i) => i < carries || cotangents[i] !== undefined);
  const wanted = pick(numbers(inputs.length), linear);
  const isCarry = wanted.map((i) => i >= constants && i < constants + carries);
  const transposed = transposedGraph(graph, linear, given, isCarry);
  const isKnown = linear.map((is) => !is);
  const knownValues = pick(inputs, isKnown) as Value[];
  const knownConstants = count(isKnown.slice(0, constants));
  const knownSequences = knownValues.length - knownConstants;
  const found = pick(wanted, transposed.has);
  const sums = found.filter((i) => i < constants);
  const [avals, stackAvals] = cut(pick(graph.outputs, given), carries);
  const [constantAvals, sequenceAvals] = cut(pick(graph.inputs, isKnown), knownConstants);
  const sumAvals = sums.map((i) => graph.inputs[i]!);
  const body = closed([...constantAvals, ...sumAvals, ...avals, ...sequenceAvals, ...stackAvals], (values) => {
    const [known, rest] = cut(values, knownConstants);
    const [before, others] = cut(rest, sums.length);
    const [state, elements] = cut(others, carries);
    const [sequences, stacks] = cut(elements, knownSequences);
    const results = evaluate(transposed.graph, [...known, ...sequences, ...state, ...stacks]);
    return results.map((result, i) => (i < sums.length ? op("add", before[i]!, result) : result));
  });
  const results = bind(
    scan,
    [
      ...knownValues.slice(0, knownConstants),
      ...sumAvals.map(zerosLike),
      ...avals.map((aval, i) => cotangents[i] ?? zerosLike(aval)),
      ...knownValues.slice(knownConstants),
      ...cotangents.slice(carries).filter((cotangent) => cotangent !== undefined),
    ],
    { graph: body, constants: knownConstants, carries: sums.length + carries, length, reverse: !reverse },
  );
  const out: (Value | undefined)[] = inputs.map(() => undefined);
  found.forEach((input, i) => {
    out[input] = results[i];
  });
  return out;
}

/** A scan whose carries and elements are batches. */
export function batchScan(scan: Scan, { inputs, batched, size, params }: Batched<ScanParams>): SomeBatched {
  const { graph, constants, carries } = params;
  const body = settled(batched, params, (flags) => {
    const always = graph.outputs.map((_, i) => i < carries && flags[constants + i] === true);
    return batchedGraph(graph, flags, size, always);
  });
  const values = inputs.map((input, i) => {
    if (!body.flags[i]) return input;
    if (!batched[i]) return repeatFirst(input, size);
    return i < constants + carries ? input : moveAxis(input, 1, 0);
  });
  const results = bind(scan, values, { ...params, graph: body.graph });
  return {
    results: results.map((result, i) => (body.has[i] && i >= carries ? moveAxis(result, 1, 0) : result)),
    has: body.has,
  };
}

/**
 * Derives a body again and again, until the carries that are flagged going in are those that are flagged coming out. Flags
 * only become more, so that it ends.
 */
function settled<T extends Derived | Halves>(
  flags: readonly boolean[],
  { constants, carries }: ScanParams,
  derive: (flags: readonly boolean[]) => T,
): T & { flags: readonly boolean[] } {
  let now = flags;
  for (;;) {
    const derived = derive(now);
    const next = now.map(
      (flag, i) => flag || (i >= constants && i < constants + carries && derived.has[i - constants]!),
    );
    if (next.every((flag, i) => flag === now[i])) return { ...derived, flags: now };
    now = next;
  }
}

function partsOf<T>(list: readonly T[], { constants, carries }: Pick<ScanParams, "constants" | "carries">): Parts<T> {
  return {
    constants: list.slice(0, constants),
    carries: list.slice(constants, constants + carries),
    sequences: list.slice(constants + carries),
  };
}

/** How many of each part are flagged. */
function countsOf(flags: readonly boolean[], params: ScanParams): { constants: number; carries: number } {
  const parts = partsOf(flags, params);
  return { constants: count(parts.constants), carries: count(parts.carries) };
}

function interleaved<T>(a: Parts<T>, b: Parts<T>): T[] {
  return [...a.constants, ...b.constants, ...a.carries, ...b.carries, ...a.sequences, ...b.sequences];
}

function cut<T>(list: readonly T[], at: number): [T[], T[]] {
  return [list.slice(0, at), list.slice(at)];
}

function numbers(length: number, from = 0): number[] {
  return Array.from({ length }, (_, i) => from + i);
}

function count(flags: readonly boolean[]): number {
  return flags.filter(Boolean).length;
}
