import { instructionsOf, type WasmModule } from "../../../src/script/wasm/module.ts";
import { op } from "../../../src/script/wasm/opcode.ts";

/** Thrown where WebAssembly traps, and past the units. */
export class Trapped extends Error {}
export class OutOfUnits extends Error {}

interface Step {
  readonly code: number;
  readonly first: number;
  readonly second: number;
  readonly offset: number;
  readonly targets: readonly number[];
  readonly real: number;
  /** Where the block that it opens ends, and where its else is. */
  end: number;
  otherwise: number;
}

/** Runs what {@link randomModule} makes, one instruction after the other, and counts them. */
export class Interpreter {
  readonly #module: WasmModule;
  readonly #steps: readonly Step[][];
  readonly #pagesMax: number;
  memory = new DataView(new ArrayBuffer(65_536));
  readonly globals: number[] = [3, 0.5];
  /** Counts down. */
  units: number;

  constructor(module: WasmModule, pagesMax: number, units: number) {
    this.#module = module;
    this.#pagesMax = pagesMax;
    this.#steps = module.bodies.map((_, index) => stepsOf(module, index));
    this.units = units;
  }

  call(index: number, values: readonly number[]): number {
    const { locals } = this.#module.bodies[index]!;
    const own = [...values, ...locals.flatMap(([count]) => new Array<number>(count).fill(0))];
    const stack: number[] = [];
    const steps = this.#steps[index]!;
    /** Where jumps to each open label go, and how many operands stay below. */
    const labels: { to: number; height: number; arity: number; loop: boolean }[] = [
      { to: steps.length, height: 0, arity: 1, loop: false },
    ];
    let at = 0;
    const jump = (label: number): void => {
      const { to, height, arity, loop } = labels[labels.length - 1 - label]!;
      const kept = arity === 0 ? [] : stack.splice(-arity);
      stack.length = height;
      stack.push(...kept);
      labels.length -= loop ? label : label + 1;
      at = to;
    };
    while (at < steps.length) {
      const step = steps[at++]!;
      this.#count(step.code);
      switch (step.code) {
        case op.block:
        case op.loop:
        case op.if: {
          const taken = step.code !== op.if || stack.pop() !== 0;
          const loop = step.code === op.loop;
          const arity = loop || step.first === -64 ? 0 : 1;
          labels.push({ to: loop ? at : step.end + 1, height: stack.length, arity, loop });
          if (!taken) at = step.otherwise;
          if (!taken && step.otherwise === step.end + 1) labels.pop();
          break;
        }
        case op.else:
          jump(0);
          break;
        case op.end:
          labels.pop();
          break;
        case op.br:
          jump(step.first);
          break;
        case op.brIf:
          if (stack.pop() !== 0) jump(step.first);
          break;
        case op.brTable: {
          const chosen = stack.pop()! >>> 0;
          jump(step.targets[Math.min(chosen, step.targets.length - 1)]!);
          break;
        }
        case op.return:
          return stack.pop()!;
        case op.call:
          stack.push(this.call(step.first, stack.splice(-2)));
          break;
        case op.callIndirect: {
          const chosen = stack.pop()! >>> 0;
          if (chosen > 1) throw new Trapped();
          stack.push(this.call(chosen, stack.splice(-2)));
          break;
        }
        case op.localGet:
          stack.push(own[step.first]!);
          break;
        case op.localSet:
          own[step.first] = stack.pop()!;
          break;
        case op.localTee:
          own[step.first] = stack.at(-1)!;
          break;
        default:
          this.#plain(step, stack);
      }
    }
    return stack.pop()!;
  }

  #count(code: number): void {
    if (code === op.block || code === op.loop || code === op.else || code === op.end || code === op.nop) return;
    this.#take(1);
  }

  #take(units: number): void {
    this.units -= units;
    if (this.units < 0) throw new OutOfUnits();
  }

  #plain(step: Step, stack: number[]): void {
    const push = (value: number): void => {
      stack.push(value);
    };
    const { memory } = this;
    const pages = memory.byteLength / 65_536;
    switch (step.code) {
      case op.i32Const:
        return push(step.first);
      case op.f64Const:
        return push(step.real);
      case op.globalGet:
        return push(this.globals[step.first]!);
      case op.memorySize:
        return push(pages);
      case op.nop:
        return;
    }
    const top = stack.pop()!;
    switch (step.code) {
      case op.drop:
        return;
      case op.globalSet:
        this.globals[step.first] = top;
        return;
      case op.i32Eqz:
        return push(top === 0 ? 1 : 0);
      case 0xb7:
        return push(top);
      case 0x9f:
        return push(Math.sqrt(top));
      case 0xfc02:
        return push(Number.isNaN(top) ? 0 : Math.trunc(Math.min(Math.max(top, -2147483648), 2147483647)) | 0);
      case op.i32Load:
        return push(memory.getInt32(this.#inside(top + step.offset, 4), true));
      case 0x36:
        memory.setInt32(this.#inside(stack.pop()! + step.offset, 4), top, true);
        return;
      case op.memoryGrow: {
        if (top >>> 0 > this.#pagesMax - pages) return push(-1);
        this.#take(top * 4096);
        const larger = new Uint8Array(memory.byteLength + top * 65_536);
        larger.set(new Uint8Array(memory.buffer));
        this.memory = new DataView(larger.buffer);
        return push(pages);
      }
      case op.memoryFill: {
        const value = stack.pop()!;
        const at = stack.pop()!;
        this.#take(top >>> 4);
        new Uint8Array(memory.buffer).fill(value, this.#inside(at, top), at + top);
        return;
      }
    }
    const left = stack.pop()!;
    switch (step.code) {
      case op.i32Add:
        return push((left + top) | 0);
      case op.i32Sub:
        return push((left - top) | 0);
      case op.i32Mul:
        return push(Math.imul(left, top));
      case op.i32And:
        return push(left & top);
      case op.i32ShrU:
        return push((left >>> (top & 31)) | 0);
      case op.i32DivU:
        if (top === 0) throw new Trapped();
        return push(((left >>> 0) / (top >>> 0)) | 0);
      case op.i32LtS:
        return push(left < top ? 1 : 0);
      case op.f64Eq:
        return push(left === top ? 1 : 0);
      case 0xa0:
        return push(left + top);
      case 0xa2:
        return push(left * top);
      case 0xa3:
        return push(left / top);
      case op.select: {
        const first = stack.pop()!;
        return push(top !== 0 ? first : left);
      }
    }
    throw new Error(`no meaning for 0x${step.code.toString(16)}`);
  }

  #inside(address: number, bytes: number): number {
    if (address < 0 || address + bytes > this.memory.byteLength) throw new Trapped();
    return address;
  }
}

function stepsOf(module: WasmModule, index: number): Step[] {
  const body = module.bodies[index]!;
  const steps: Step[] = [];
  const open: Step[] = [];
  const at = instructionsOf(body, `function ${index}`);
  while (at.next()) {
    const { code, first, second, offset, targets } = at;
    const bytes = new DataView(body.bytes.buffer, body.bytes.byteOffset);
    const real = code === op.f64Const ? bytes.getFloat64(at.start + 1, true) : 0;
    const step = { code, first, second, offset, targets, real, end: 0, otherwise: 0 };
    if (code === op.block || code === op.loop || code === op.if) open.push(step);
    if (code === op.else) open.at(-1)!.otherwise = steps.length + 1;
    if (code === op.end && open.length > 0) {
      const opener = open.pop()!;
      opener.end = steps.length;
      opener.otherwise ||= steps.length + 1;
    }
    steps.push(step);
  }
  return steps;
}
