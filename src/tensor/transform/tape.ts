import { WorldloomError } from "../../core/errors.ts";
import { checkValue } from "../argument.ts";
import { isFloat } from "../dtype.ts";
import { closed, currentLevel, opened, tracing } from "../level.ts";
import { zerosLike } from "../primitive/exact.ts";
import { gather, scope } from "../scope.ts";
import { Tensor } from "../tensor.ts";
import { JvpTrace, JvpTracer } from "../trace/jvp.ts";
import { LinearTrace, pullBack } from "../trace/linear.ts";
import { Literal, type Primitive, type Value } from "../value.ts";
import { scalarLoss } from "./reverse.ts";
import { own } from "./run.ts";

/** Gradients of a loss, one for each value that was watched. */
export interface Gradients extends Disposable {
  /** The loss itself. */
  readonly value: Value;
  /** The gradient by a value that `watch` gave; zeros where the loss does not depend on it. */
  of(watched: Value): Value;
  dispose(): void;
}

/** Tapes that are open, by the level at which they were opened. */
const tapes = new Map<number, Tape>();

/**
 * `value` on a tape: operations on it are executed at once, and recorded until {@link backward} is called. Their results
 * may be read, and what the program does may depend on them. Values that are watched before share a tape.
 */
export function watch(value: Value | number): Value {
  const primal = typeof value === "number" ? new Literal(value, "f32") : value;
  checkValue("watch", "what is watched", primal);
  if (!isFloat(primal.dtype))
    throw new WorldloomError(
      "tensor-gradient",
      `watch: only f32 and f64 have gradients, not ${primal.dtype}; convert with astype(x, "f32").`,
      { operation: "watch", dtype: primal.dtype },
    );
  const level = currentLevel();
  let tape = tapes.get(level);
  if (tape === undefined || !tape.open) {
    tape = new Tape(level);
    tapes.set(level, tape);
  }
  return tape.watch(primal);
}

/**
 * Gradients of a loss, one f32 or f64 number, by all that was watched. The tape is closed, and what it recorded is disposed:
 * what was computed from watched values cannot be used any more.
 */
export function backward(loss: Value): Gradients {
  const tape = loss instanceof JvpTracer && loss.trace instanceof Tape ? loss.trace : undefined;
  if (tape === undefined || !tape.open)
    throw new WorldloomError(
      "tensor-gradient",
      "backward: the loss does not depend on a watched value, or its tape is closed; watch() values first, and call backward() once.",
      { operation: "backward" },
    );
  scalarLoss("backward", loss, loss);
  return tape.backward(loss as JvpTracer);
}

/** A tape that stays open from one call to the next: above the traces that were open at its beginning, below later ones. */
class Tape extends JvpTrace {
  override readonly readable = true;
  readonly #tape: LinearTrace;
  readonly #base: number;
  readonly #watched: JvpTracer[] = [];
  /** What operations on watched values made. */
  readonly #made: Tensor[] = [];

  constructor(level: number) {
    super(level + 0.5);
    this.#base = level;
    this.#tape = new LinearTrace(level + 0.25);
    opened(this);
  }

  watch(primal: Value): Value {
    // What is on the tape already has a place.
    if (primal instanceof JvpTracer && primal.trace === this) {
      this.#watched.push(primal);
      return primal;
    }
    const tracer = new JvpTracer(this, primal, this.#tape.input(primal));
    this.#watched.push(tracer);
    return tracer;
  }

  override process(primitive: Primitive, inputs: readonly Value[], params: unknown): Value[] {
    const made: Tensor[] = [];
    const outputs = gather(made, () => super.process(primitive, inputs, params));
    // What has no tangent, a comparison say, is an ordinary tensor of the caller.
    for (const tensor of made) if (!outputs.includes(tensor)) this.#made.push(tensor);
    return outputs;
  }

  backward(loss: JvpTracer): Gradients {
    const watched = this.#watched;
    this.close();
    const results = scope(() => {
      const places = watched.map(({ tangent }) => tangent).filter((tangent) => this.#tape.owns(tangent));
      const sums = pullBack(this.#tape, places, [loss.tangent], [new Literal(1, loss.dtype)]);
      const found = new Map<Value, Value | undefined>(places.map((place, i) => [place, sums[i]]));
      return [own(loss.primal), ...watched.map((value) => own(found.get(value.tangent) ?? zerosLike(value)))];
    });
    // A function around that is being traced may need them.
    if (!tracing()) for (const tensor of this.#made) tensor.dispose();
    const dispose = () => {
      for (const result of results) if (result instanceof Tensor) result.dispose();
    };
    return {
      value: results[0]!,
      of: (value) => {
        const index = watched.indexOf(value as JvpTracer);
        if (index >= 0) return results[index + 1]!;
        throw new WorldloomError(
          "tensor-gradient",
          "gradients.of: the value is none that watch() gave for this tape; pass what watch() returned.",
          { operation: "backward" },
        );
      },
      dispose,
      [Symbol.dispose]: dispose,
    };
  }

  close(): void {
    this.open = false;
    this.#tape.open = false;
    tapes.delete(this.#base);
    closed(this);
  }
}
