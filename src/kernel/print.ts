import type { Loop, Node, Op } from "./node.ts";
import type { Program } from "./program.ts";

/** The program as text: what it reads, one node a line with constants in place, then what it leaves. */
export function printProgram(program: Program): string {
  const { name, buffers, uniforms, gathers, nodes } = program;
  const lines = [`program ${name}`];
  for (const buffer of buffers) {
    const lanes = buffer.lanes === 1 ? "" : ` x ${buffer.lanes}`;
    lines.push(`buffer ${buffer.name}: ${buffer.element}${lanes}${buffer.written ? ", written" : ""}`);
  }
  for (const uniform of uniforms) lines.push(`uniform ${uniform.name}: ${uniform.type}`);
  for (const gather of gathers) {
    lines.push(`gather ${elementName(gather.name, gather.lanes, gather.lane)}: ${gather.element}`);
  }
  const known = new Set<Loop>();
  for (const node of nodes) {
    if (node.op === "const" || node.loop !== undefined) continue;
    if (node.of !== undefined && !known.has(node.of)) {
      known.add(node.of);
      lines.push(...loopLines(program, node.of));
    }
    lines.push(nodeLine(program, node));
  }
  lines.push(...rootLines(program));
  return lines.join("\n");
}

function loopLines(program: Program, loop: Loop): string[] {
  const lines = [`loop ${loop.id} within ${operand(loop.radius)}${where(loop.mask)}`];
  for (const node of program.nodes) if (node.loop === loop) lines.push(`  ${nodeLine(program, node)}`);
  for (const [i, next] of loop.nexts.entries()) lines.push(`  next ${operand(loop.phis[i]!)} = ${operand(next)}`);
  return lines;
}

function rootLines({ buffers, stores, folds, appends }: Program): string[] {
  return [
    ...stores.map(({ buffer, lane, value }) => {
      const { name, lanes } = buffers[buffer]!;
      return `store ${elementName(name, lanes, lane)} = ${operand(value)}`;
    }),
    ...folds.map(({ kind, mask, value }, i) => {
      const what = kind === "count" ? "count" : `${kind} ${operand(value)}`;
      return `fold ${i} = ${what}${where(mask)}`;
    }),
    ...appends.map(({ mask, values }, i) => `append ${i}: ${values.map(operand).join(", ")}${where(mask)}`),
  ];
}

function where(mask: Node): string {
  return mask.op === "const" && mask.value !== 0 ? "" : ` where ${operand(mask)}`;
}

function nodeLine(program: Program, node: Node): string {
  const parts = [...named(program, node), ...node.args.map(operand)];
  return `${operand(node)} ${node.type} = ${[node.op, ...parts].join(" ")}`;
}

/** What the value of a node means, for operations that have one. */
function named({ buffers, uniforms, gathers }: Program, { op, value, loop, of }: Node): string[] {
  const names: Partial<Record<Op, () => string>> = {
    load: () => {
      const { name, lanes } = buffers[value >>> 16]!;
      return elementName(name, lanes, value & 0xffff);
    },
    uniform: () => uniforms[value]!.name,
    alive: () => gathers[value]!.name,
    fetch: () => elementName(gathers[value]!.name, gathers[value]!.lanes, gathers[value]!.lane),
    phi: () => `from ${operand(loop!.starts[value]!)}`,
    result: () => `of ${operand(of!.phis[value]!)}`,
  };
  const name = names[op];
  return name === undefined ? [] : [name()];
}

function elementName(name: string, lanes: number, lane: number): string {
  return lanes === 1 ? name : `${name}[${lane}]`;
}

function operand(node: Node): string {
  return node.op === "const" ? constant(node) : `%${node.id}`;
}

function constant({ type, value }: Node): string {
  if (type === "bool") return String(value !== 0);
  if (Object.is(value, -0)) return "-0";
  if (type !== "f32" || Number.isInteger(value)) return String(value);
  // The shortest text that is read as the same f32.
  for (let digits = 1; digits < 9; digits++) {
    const text = Number(value.toPrecision(digits));
    if (Math.fround(text) === value) return String(text);
  }
  return String(Number(value.toPrecision(9)));
}
