import { assert } from "../../core/errors.ts";
import { bytesOf } from "../dtype.ts";
import { type Atom, type Equation, type Graph, Variable } from "../graph.ts";
import { layoutOf, type Operand, viewOperand } from "../operand.ts";
import { isContiguous, type Shape, sameShape } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { type Aval, Literal } from "../value.ts";
import { type Buffer, bufferOf } from "./buffer.ts";
import { Fusion, isHead } from "./fusion.ts";
import type { Recorder } from "./recorder.ts";

/** Operand of a tensor that was captured. */
export type Constants = (tensor: Tensor) => Operand;

/**
 * Records the instructions of a graph: views become layouts, elementwise equations of one shape that follow each other one
 * program, those after a product of matrices its epilogue. Gives the operands of the results, which may be views.
 */
export function lowerGraph(
  recorder: Recorder,
  graph: Graph,
  inputs: readonly Operand[],
  constants: Constants,
): Operand[] {
  return new Lowering(recorder, graph, inputs, constants).run();
}

/**
 * Copies as if at once: what is written may be what other results still are, as where carries change places. Gives where the
 * results without an output lie.
 */
export function copyTogether(
  recorder: Recorder,
  results: readonly Operand[],
  outputs: readonly (Operand | undefined)[],
): readonly Operand[] {
  const isSame = (a: Operand, b: Operand | undefined): boolean =>
    b !== undefined &&
    bufferOf(a) === bufferOf(b) &&
    [a, b].every(({ offset, dims, strides }) => offset === 0 && isContiguous(dims, strides));
  const sources = results.map((result, i) => {
    if (isSame(result, outputs[i])) return result;
    if (!outputs.some((output) => output !== undefined && bufferOf(output) === bufferOf(result))) return result;
    const apart = recorder.temporary(result.dtype, result.dims);
    recorder.copy(result, apart);
    return apart;
  });
  for (const [i, source] of sources.entries()) {
    const output = outputs[i];
    if (output !== undefined && !isSame(source, output)) recorder.copy(source, output);
  }
  return sources.filter((_, i) => outputs[i] === undefined);
}

class Lowering {
  readonly #recorder: Recorder;
  readonly #graph: Graph;
  readonly #constants: Constants;
  readonly #operands = new Map<Variable, Operand>();
  readonly #literals = new Map<Variable, Literal>();
  /** How many equations and results read a variable. */
  readonly #uses = new Map<Atom, number>();
  /** Fusions that still take equations in, in the order in which they began. */
  readonly #open: Fusion[] = [];

  constructor(recorder: Recorder, graph: Graph, inputs: readonly Operand[], constants: Constants) {
    this.#recorder = recorder;
    this.#graph = graph;
    this.#constants = constants;
    for (const [i, variable] of graph.inputs.entries()) this.#operands.set(variable, inputs[i] as Operand);
    for (const atom of graph.equations.flatMap((equation) => equation.inputs).concat(graph.outputs)) {
      this.#uses.set(atom, (this.#uses.get(atom) ?? 0) + 1);
    }
  }

  run(): Operand[] {
    for (const equation of this.#graph.equations) {
      if (equation.primitive.view !== undefined) this.#view(equation);
      else if (equation.primitive.steps !== undefined) this.#elementwise(equation);
      else if (isHead(equation)) this.#begin(equation);
      else this.#opaque(equation);
    }
    for (const fusion of [...this.#open]) this.#close(fusion);
    return this.#graph.outputs.map((atom) => this.#settled(atom));
  }

  #view(equation: Equation): void {
    const [atom] = equation.inputs as [Atom];
    const [output] = equation.outputs as [Variable];
    const literal = this.#literal(atom);
    if (literal !== undefined) {
      this.#literals.set(output, literal);
      return;
    }
    const operand = this.#read(atom);
    const layout = equation.primitive.view?.(layoutOf(operand), equation.params as never);
    if (layout !== undefined) {
      // The view may be the whole again, and be read where its elements are still in registers.
      this.#fusionOf(operand)?.viewed(bufferOf(operand), this.#uses.get(output) ?? 0);
      this.#operands.set(output, viewOperand(operand, layout, bytesOf(operand.dtype)));
      return;
    }
    this.#closeReader(operand);
    const copy = this.#recorder.temporary(operand.dtype, operand.dims);
    this.#recorder.copy(operand, copy);
    const view = equation.primitive.view?.(layoutOf(copy), equation.params as never);
    assert(view !== undefined, `${equation.primitive.name} needs a copy of a contiguous operand`);
    this.#operands.set(output, viewOperand(copy, view, bytesOf(copy.dtype)));
  }

  #elementwise(equation: Equation): void {
    const [output] = equation.outputs as [Variable];
    let target: Fusion | undefined;
    for (const atom of equation.inputs) {
      if (this.#literal(atom) !== undefined) continue;
      const operand = this.#read(atom);
      const fusion = this.#fusionOf(operand);
      if (fusion === undefined) continue;
      if (!sameShape(fusion.dims, output.dims) || !isWhole(operand, output) || fusion.full) {
        this.#close(fusion);
        // What is read as it is, and in another order: `x - flip(x)`.
        if (target === fusion) target = undefined;
      } else if (target === undefined) target = fusion;
      else if (target !== fusion) target = this.#merge(target, fusion);
    }
    if (target === undefined) {
      target = new Fusion(output.dims);
      this.#open.push(target);
    }
    this.#add(target, equation);
  }

  /** Both as one, if that is possible; else the one that can still take equations in. */
  #merge(a: Fusion, b: Fusion): Fusion {
    if (a.head !== undefined && b.head !== undefined) {
      const [first, second] = this.#open.indexOf(a) < this.#open.indexOf(b) ? [a, b] : [b, a];
      this.#close(first);
      return second;
    }
    if (a.weight + b.weight > Fusion.WEIGHT_MAX) {
      this.#close(b);
      return a;
    }
    const [into, from] = b.head === undefined ? [a, b] : [b, a];
    this.#open.splice(this.#open.indexOf(from), 1);
    into.absorb(from);
    return into;
  }

  #begin(equation: Equation): void {
    const [output] = equation.outputs as [Variable];
    for (const atom of equation.inputs) this.#settled(atom);
    const fusion = new Fusion(output.dims, equation);
    this.#open.push(fusion);
    this.#add(fusion, equation);
  }

  #add(fusion: Fusion, equation: Equation): void {
    const [output] = equation.outputs as [Variable];
    const operand = this.#recorder.temporary(output.dtype, output.dims);
    this.#operands.set(output, operand);
    const inputs = equation.inputs.map((atom) => this.#literal(atom) ?? this.#read(atom));
    for (const atom of equation.inputs) {
      if (!(atom instanceof Variable)) continue;
      const input = this.#operands.get(atom);
      if (input !== undefined && fusion.holds(bufferOf(input))) fusion.readInside(bufferOf(input));
    }
    fusion.add(equation, inputs, operand, this.#uses.get(output) ?? 0);
  }

  #opaque(equation: Equation): void {
    const inputs = equation.inputs.map((atom) => this.#settled(atom));
    const outputs = equation.outputs.map((variable) => this.#recorder.temporary(variable.dtype, variable.dims));
    assert(equation.primitive.lower !== undefined, `${equation.primitive.name} cannot be part of a plan`);
    equation.primitive.lower(this.#recorder, inputs, outputs, equation.params as never);
    for (const [i, variable] of equation.outputs.entries()) this.#operands.set(variable, outputs[i] as Operand);
  }

  /** The operand of an atom whose instructions are recorded. */
  #settled(atom: Atom): Operand {
    const literal = this.#literal(atom);
    if (literal !== undefined) {
      const operand = this.#recorder.temporary(literal.dtype, atom.dims);
      this.#recorder.fill(operand, literal.value);
      return operand;
    }
    const operand = this.#read(atom);
    this.#closeReader(operand);
    return operand;
  }

  #closeReader(operand: Operand): void {
    const fusion = this.#fusionOf(operand);
    if (fusion !== undefined) this.#close(fusion);
  }

  #close(fusion: Fusion): void {
    this.#open.splice(this.#open.indexOf(fusion), 1);
    fusion.record(this.#recorder);
  }

  #fusionOf(operand: Operand): Fusion | undefined {
    const buffer: Buffer = bufferOf(operand);
    return this.#open.find((fusion) => fusion.holds(buffer));
  }

  #literal(atom: Atom): Literal | undefined {
    return atom instanceof Literal ? atom : atom instanceof Variable ? this.#literals.get(atom) : undefined;
  }

  #read(atom: Atom): Operand {
    if (!(atom instanceof Variable)) return this.#constants(atom as Tensor);
    const operand = this.#operands.get(atom);
    assert(operand !== undefined, "an equation reads what no equation before it gives");
    return operand;
  }
}

/** Whether `operand` is a whole buffer, element by element in the place of `like`. */
function isWhole(operand: Operand, like: Aval): boolean {
  return (
    operand.offset === 0 && sameShape(operand.dims as Shape, like.dims) && isContiguous(operand.dims, operand.strides)
  );
}
