import { WorldloomError } from "../../core/errors.ts";
import type { Memory } from "../../native/memory.ts";
import type { Block, TensorArena } from "../arena.ts";
import { indexError } from "../eager.ts";
import { keep } from "../scope.ts";
import { contiguousStrides, isContiguous, leadingFactor, type Shape, sameShape, showShape } from "../shape.ts";
import { Tensor } from "../tensor.ts";
import { type Tree, treeLike } from "../tree.ts";
import { Tracer, type Value } from "../value.ts";
import { Columns, writeTable } from "./columns.ts";
import type { PlanInput, PlanOutput } from "./compile.ts";

/** A tree of tensors. */
export type TensorTree = Tensor | null | readonly TensorTree[] | { readonly [name: string]: TensorTree };
/** A tree of tensors in the place of values and numbers. */
export type Concrete<T> = Tree extends T
  ? TensorTree
  : T extends Value | number
    ? Tensor
    : T extends null
      ? null
      : { [K in keyof T]: Concrete<T[K]> };
/** What a run takes for each argument: tensors and numbers as the specs say, and `Columns` for columns. */
export type PlanArgument =
  | Value
  | Columns
  | number
  | null
  | readonly PlanArgument[]
  | { readonly [name: string]: PlanArgument };

interface PlanParts {
  readonly arena: TensorArena;
  readonly id: number;
  readonly specs: readonly Tree[];
  readonly inputs: readonly PlanInput[];
  readonly outputs: readonly PlanOutput[];
  readonly results: Tree;
  readonly leadingMax: number;
  readonly slotTable: number;
  readonly workspace: number;
  readonly blocks: readonly Block[];
  readonly explanation: readonly string[];
}

/** A compiled function: each run is one native call, and a steady one allocates nothing. */
export class Plan<R = Tree> implements Disposable {
  readonly #parts: PlanParts;
  readonly #workspace: Block;
  /** Copies of inputs that cannot be used where they lie, and numbers. */
  readonly #own: (Tensor | undefined)[] = [];
  /** Leaves of the arguments of a run, and how many: an array whose length is set to 0 would be allocated anew. */
  readonly #leaves: (Tensor | Columns | number)[] = [];
  #leafCount = 0;
  readonly #given: (Tensor | undefined)[] = [];
  #results: Tree = null;
  #tensors: Tensor[] = [];
  #leading = -1;
  #disposed = false;

  constructor(parts: PlanParts) {
    this.#parts = parts;
    this.#workspace = parts.blocks.find(({ offset }) => offset === parts.workspace) as Block;
  }

  /**
   * Executes the plan. The results lie in memory of the plan and hold until its next run, or where the inputs are that were
   * donated for them; `copy()` what is to last longer. Throws `tensor-plan` when inputs are not as the specs say.
   */
  run(...args: readonly PlanArgument[]): Concrete<R> {
    const parts = this.#parts;
    if (this.#disposed)
      throw new WorldloomError("tensor-disposed", "The plan has been disposed; compile it again.", {});
    const { inputs, arena, slotTable } = parts;
    if (args.length !== parts.specs.length) throw this.#argumentFault(args.length);
    this.#leafCount = 0;
    for (let i = 0; i < args.length; i++) this.#collect(parts.specs[i] as Tree, args[i] as PlanArgument);
    if (this.#leafCount !== inputs.length) throw this.#leafFault();
    let leading = -1;
    let columns: Memory = arena.memory;
    for (let i = 0; i < inputs.length; i++) {
      const input = inputs[i] as PlanInput;
      const leaf = this.#leaves[i] as Tensor | Columns | number;
      if (leaf instanceof Columns) {
        columns = this.#bindColumns(input, leaf, columns);
        leading = this.#sameLeading(leading, i, input.spec.dims, leaf.count);
        continue;
      }
      const tensor = typeof leaf === "number" ? this.#number(i, input, leaf) : this.#usable(i, input, leaf);
      for (let axis = 0; axis < input.spec.dims.length; axis++) {
        const extent = input.spec.dims[axis] as number;
        const factor = leadingFactor(extent);
        const given = tensor.dims[axis] as number;
        if (factor !== 0) leading = this.#sameLeading(leading, i, input.spec.dims, given);
        else if (extent !== given) throw this.#mismatch(i, tensor);
      }
      this.#given[i] = tensor;
      arena.memory.u32[(slotTable >> 2) + input.slot - 1] = tensor.offset;
    }
    this.#checkDonated();
    try {
      arena.jobs.tensorRun(arena.memory, parts.id, leading < 0 ? 0 : leading, columns);
    } catch (error) {
      throw indexError(error);
    }
    return this.#answer(leading) as Concrete<R>;
  }

  /** What the plan does, an instruction a line. */
  explain(): string {
    return this.#parts.explanation.join("\n");
  }

  /** Gives the memory of the plan back; results that lie in it stay until they are disposed. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    const { arena, blocks, id } = this.#parts;
    arena.jobs.tensorDrop(arena.memory, id);
    for (const tensor of this.#own) tensor?.dispose();
    for (const [o, tensor] of this.#tensors.entries()) if (this.#isOwn(o)) tensor.dispose();
    for (const block of blocks) arena.release(block);
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** The leaves of an argument, in the order of the specs. */
  #collect(spec: Tree, argument: PlanArgument): void {
    if (typeof argument === "number" || argument instanceof Tensor || argument instanceof Columns) {
      this.#leaves[this.#leafCount++] = argument;
      return;
    }
    if (argument === null || argument === undefined || argument instanceof Tracer) {
      if (argument === null && spec === null) return;
      throw new WorldloomError(
        "tensor-plan",
        argument instanceof Tracer
          ? "A plan cannot be run while a function is traced; call the function itself."
          : "An argument of the plan is missing.",
        {},
      );
    }
    if (Array.isArray(argument)) {
      for (let i = 0; i < argument.length; i++)
        this.#collect((spec as readonly Tree[])[i] as Tree, argument[i] as PlanArgument);
      return;
    }
    const names = namesOf(spec);
    for (let i = 0; i < names.length; i++) {
      const name = names[i] as string;
      this.#collect(
        (spec as { [name: string]: Tree })[name] as Tree,
        (argument as { [name: string]: PlanArgument })[name] as PlanArgument,
      );
    }
  }

  #bindColumns(input: PlanInput, leaf: Columns, memory: Memory): Memory {
    const { arena } = this.#parts;
    if (input.slot !== 0)
      throw new WorldloomError(
        "tensor-plan",
        "Columns were given for an input that is a tensor; declare it with columnSpec.",
        {},
      );
    if (memory !== arena.memory && memory !== leaf.memory)
      throw new WorldloomError(
        "tensor-plan",
        "The columns of one run lie in different memories; bind columns of one world.",
        {},
      );
    writeTable(arena.memory.u32, input.table >> 2, leaf, input.spec.dims[1] as number, input.spec.segmentsMax);
    return leaf.memory;
  }

  #number(i: number, input: PlanInput, value: number): Tensor {
    if (input.spec.dims.length !== 0)
      throw new WorldloomError(
        "tensor-plan",
        `Input ${i} has shape ${showShape(input.spec.dims)}, but a number was given.`,
        { input: i },
      );
    this.#own[i] ??= keep(Tensor.empty(input.spec.dtype, [], this.#parts.arena));
    const own = this.#own[i] as Tensor;
    const { memory } = this.#parts.arena;
    if (own.dtype === "f32") memory.f32[own.offset >> 2] = value;
    else if (own.dtype === "f64") memory.f64[own.offset >> 3] = value;
    else if (own.dtype === "i32") memory.i32[own.offset >> 2] = value;
    else memory.u8[own.offset] = own.dtype === "bool" ? Number(value !== 0) : value;
    return own;
  }

  /** The tensor, or a contiguous copy of it. */
  #usable(i: number, input: PlanInput, tensor: Tensor): Tensor {
    tensor.check();
    if (input.slot === 0)
      throw new WorldloomError("tensor-plan", `Input ${i} takes columns; bind them with new Columns(...).`, {
        input: i,
      });
    if (
      tensor.dtype !== input.spec.dtype ||
      tensor.dims.length !== input.spec.dims.length ||
      tensor.arena !== this.#parts.arena
    )
      throw this.#mismatch(i, tensor);
    if (isContiguous(tensor.dims, tensor.strides)) return tensor;
    if (input.spec.donated)
      throw new WorldloomError("tensor-plan", `Input ${i} is donated, but not contiguous; pass copy(x).`, { input: i });
    this.#own[i]?.dispose();
    const copy = keep(tensor.copy() as Tensor);
    this.#own[i] = copy;
    return copy;
  }

  /** The leading number that an input of so many rows is for. */
  #sameLeading(leading: number, input: number, dims: Shape, rows: number): number {
    const { leadingMax } = this.#parts;
    const extent = dims[0] as number;
    const factor = leadingFactor(extent);
    if (factor === 0) {
      if (extent === rows) return leading;
      throw new WorldloomError("tensor-plan", `Input ${input} has ${rows} rows, the plan takes ${extent}.`, {
        input,
        rows,
      });
    }
    const value = rows / factor;
    if (value > leadingMax)
      throw new WorldloomError(
        "tensor-plan",
        `Input ${input} has ${rows} rows, the plan takes at most ${leadingMax}; raise leading(${leadingMax}).`,
        { input, rows, leadingMax },
      );
    if (leading >= 0 && leading !== value)
      throw new WorldloomError(
        "tensor-plan",
        `Input ${input} has ${rows} rows, others have ${leading}; the open extent is the same for all inputs.`,
        { input, rows, leading },
      );
    return value;
  }

  /** What is written over must not be another input too. */
  #checkDonated(): void {
    const { inputs } = this.#parts;
    for (let i = 0; i < inputs.length; i++) {
      if ((inputs[i] as PlanInput).spec.donated === false || (inputs[i] as PlanInput).slot === 0) continue;
      const block = (this.#given[i] as Tensor).block;
      for (let j = 0; j < inputs.length; j++) {
        if (j === i || (inputs[j] as PlanInput).slot === 0 || (this.#given[j] as Tensor).block !== block) continue;
        throw new WorldloomError(
          "tensor-plan",
          `Input ${i} is donated, but shares memory with input ${j}; pass a copy of one.`,
          { input: i, other: j },
        );
      }
    }
  }

  /** The tree of results; the one of the last run where the same tensors hold them. */
  #answer(leading: number): Tree {
    const { outputs } = this.#parts;
    let changed = this.#leading !== leading || this.#tensors.length !== outputs.length;
    for (let o = 0; o < outputs.length && !changed; o++) {
      const output = outputs[o] as PlanOutput;
      const now = output.buffer.kind === "input" ? this.#inputTensor(output) : undefined;
      const tensor = this.#tensors[o] as Tensor;
      changed = tensor.disposed || (now !== undefined && now !== tensor);
    }
    return changed ? this.#newResults(leading) : this.#results;
  }

  #newResults(leading: number): Tree {
    const { outputs, arena, results, workspace } = this.#parts;
    const before = this.#tensors;
    this.#tensors = outputs.map((output) => {
      if (output.buffer.kind === "input") return this.#inputTensor(output);
      const dims = output.dims.map((extent) =>
        leadingFactor(extent) === 0 ? extent : leadingFactor(extent) * leading,
      );
      this.#workspace.references++;
      return keep(
        new Tensor(
          arena,
          this.#workspace,
          output.dtype,
          dims,
          contiguousStrides(dims),
          workspace + output.buffer.offset,
        ),
      );
    });
    for (const [o, tensor] of before.entries())
      if ((outputs[o] as PlanOutput).buffer.kind !== "input") tensor.dispose();
    this.#leading = leading;
    this.#results = treeLike(results, this.#tensors);
    return this.#results;
  }

  /** Whether a result lies in memory of the plan, not where a donated input is. */
  #isOwn(output: number): boolean {
    return (this.#parts.outputs[output] as PlanOutput).buffer.kind !== "input";
  }

  #inputTensor(output: PlanOutput): Tensor {
    const { inputs } = this.#parts;
    let input = 0;
    while ((inputs[input] as PlanInput).slot !== output.buffer.slot) input++;
    return this.#given[input] as Tensor;
  }

  #argumentFault(given: number): WorldloomError {
    const expected = this.#parts.specs.length;
    return new WorldloomError("tensor-plan", `The plan takes ${expected} arguments, not ${given}.`, {
      arguments: given,
      expected,
    });
  }

  #leafFault(): WorldloomError {
    const expected = this.#parts.inputs.length;
    return new WorldloomError(
      "tensor-plan",
      `The arguments have ${this.#leafCount} tensors, the plan takes ${expected}; pass trees of the same form as the specs.`,
      { tensors: this.#leafCount, expected },
    );
  }

  #mismatch(input: number, tensor: Tensor): WorldloomError {
    const { dtype, dims } = (this.#parts.inputs[input] as PlanInput).spec;
    const arena = tensor.arena === this.#parts.arena ? "" : " of another arena";
    return new WorldloomError(
      "tensor-plan",
      `Input ${input} is ${tensor.dtype}${showShape(tensor.dims)}${arena}, the plan takes ${dtype}${showShape(dims)}.`,
      {
        input,
        dtype: tensor.dtype,
        shape: tensor.dims,
        expected: sameShape(tensor.dims, dims) ? dtype : showShape(dims),
      },
    );
  }
}

const sortedNames = new WeakMap<object, readonly string[]>();

/** Names of a tree of specs, sorted; they are looked up in each run. */
function namesOf(spec: Tree): readonly string[] {
  if (spec === null || typeof spec !== "object") return [];
  let names = sortedNames.get(spec);
  if (names === undefined) {
    names = Object.keys(spec).sort();
    sortedNames.set(spec, names);
  }
  return names;
}
