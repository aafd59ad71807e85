import { assert } from "../core/errors.ts";
import { SPACE_MEMORY } from "../native/tensor/format.ts";
import { type Block, currentArena, type TensorArena } from "./arena.ts";
import { bytesOf, type DType } from "./dtype.ts";
import { layoutOf, type Operand, operandAt } from "./operand.ts";
import type { Primitive } from "./primitive/primitive.ts";
import { isSymbolic, type Shape, sizeOf } from "./shape.ts";
import { Tensor } from "./tensor.ts";
import { openStage } from "./trace/stage.ts";
import { Literal, type Trace, type Value } from "./value.ts";
import { ProgramWriter } from "./writer.ts";

/** Executes a primitive on tensors and literals, at once: a view, or a program of its own. */
export function execute(primitive: Primitive, inputs: readonly Value[], params: never): Value[] {
  if (primitive.execute !== undefined) return primitive.execute(inputs, params);
  const arena = arenaOf(inputs);
  const avals = primitive.shapes(inputs, params);
  if (primitive.view !== undefined) return [viewOf(primitive, inputs[0] as Value, params, arena)];
  // Of constants, but as large as a plan's open extent: it is computed in the plan.
  if (avals.some(({ dims }) => isSymbolic(dims))) return (openStage() as Trace).process(primitive, inputs, params);
  const outputs = avals.map(({ dtype, dims }) => Tensor.empty(dtype, dims, arena));
  const eager = new Eager(arena);
  try {
    if (primitive.steps !== undefined) {
      const steps = primitive.steps.bind(primitive);
      const output = operandOf(outputs[0] as Tensor);
      const tensors = inputs.filter((input) => !(input instanceof Literal)) as Tensor[];
      eager.writer.fuse(
        tensors.map((tensor) => expanded(operandOf(tensor), output.dims)),
        [output],
        (registers, loaded) => {
          let next = 0;
          const operands = inputs.map((input) =>
            input instanceof Literal ? registers.constant(input.value, input.dtype) : (loaded[next++] as number),
          );
          return [steps(registers, operands, params)];
        },
      );
    } else {
      assert(primitive.lower !== undefined, `${primitive.name} cannot be executed`);
      primitive.lower(
        eager.writer,
        inputs.map((input) => eager.operand(input)),
        outputs.map(operandOf),
        params,
      );
    }
    eager.run();
  } catch (error) {
    for (const output of outputs) output.dispose();
    throw error;
  } finally {
    eager.close();
  }
  return outputs;
}

/** One eager operation: its program and its intermediates. */
class Eager {
  readonly writer: ProgramWriter;
  readonly #arena: TensorArena;
  readonly #blocks: Block[] = [];

  constructor(arena: TensorArena) {
    this.#arena = arena;
    this.writer = new ProgramWriter({
      temporary: (dtype, dims) => this.#temporary(dtype, dims),
      graph: () => assert(false, "operations with graphs have execute()"),
    });
  }

  operand(input: Value): Operand {
    if (input instanceof Tensor) return operandOf(input);
    assert(input instanceof Literal, "a tracer reached an executor");
    const operand = this.#temporary(input.dtype, []);
    this.writer.fill(operand, input.value);
    return operand;
  }

  run(): void {
    const words = this.writer.finish();
    const { memory, jobs, scratch } = this.#arena;
    memory.u32.set(words, scratch.offset >> 2);
    jobs.tensorOnce(memory, scratch.offset, words.length);
  }

  close(): void {
    for (const block of this.#blocks) this.#arena.release(block);
  }

  #temporary(dtype: DType, dims: Shape): Operand {
    const block = this.#arena.allocate(sizeOf(dims) * bytesOf(dtype));
    this.#blocks.push(block);
    return operandAt(dtype, dims, block.offset);
  }
}

/** The operand that a tensor is. */
export function operandOf(tensor: Tensor): Operand {
  tensor.check();
  const { dtype, dims, strides, offset } = tensor;
  return { dtype, dims, strides, offset, slot: 0, space: SPACE_MEMORY, rows: false };
}

/** A scalar operand seen as one of `dims`; others as they are. */
export function expanded(operand: Operand, dims: Shape): Operand {
  if (operand.dims.length === dims.length) return operand;
  return { ...operand, dims, strides: dims.map(() => 0) };
}

function viewOf(primitive: Primitive, input: Value, params: never, arena: TensorArena): Tensor {
  const source = input instanceof Literal ? scalar(input, arena) : (input as Tensor);
  const layout = primitive.view?.(layoutOf(source), params);
  if (layout !== undefined)
    return source.view(layout.dims, layout.strides, source.offset + layout.start * bytesOf(source.dtype));
  const copy = Tensor.empty(source.dtype, source.dims, arena);
  const eager = new Eager(arena);
  eager.writer.copy(operandOf(source), operandOf(copy));
  eager.run();
  const view = primitive.view?.(layoutOf(copy), params);
  assert(view !== undefined, `${primitive.name} needs a copy of a contiguous tensor`);
  const out = copy.view(view.dims, view.strides, copy.offset + view.start * bytesOf(copy.dtype));
  copy.dispose();
  return out;
}

function scalar(literal: Literal, arena: TensorArena): Tensor {
  const tensor = Tensor.empty(literal.dtype, [], arena);
  tensor.elements()[0] = literal.value;
  return tensor;
}

function arenaOf(inputs: readonly Value[]): TensorArena {
  for (const input of inputs) if (input instanceof Tensor) return input.arena;
  return currentArena();
}
