import { directory, entityTable, type Frame } from "../frame.ts";
import type { Node } from "../node.ts";
import type { Code, Local } from "./code.ts";
import { elementBytes } from "./column.ts";
import type { Region } from "./plan.ts";
import { FRAME, type Values } from "./values.ts";

/** The table and the row of four entities; the row is -1 where there is none. */
export interface Location {
  readonly tables: readonly Local[];
  readonly rows: readonly Local[];
}

export function locationIn(code: Code): Location {
  const four = (): Local[] => Array.from({ length: 4 }, () => code.local("i32"));
  return { tables: four(), rows: four() };
}

/** Looks other entities up, a lane at a time; nothing that an entity says is believed before it was compared. */
export class Gathers {
  readonly #values: Values;
  readonly #frame: Frame;
  readonly #valid: Local;
  /** Only if there are gathers or loops. */
  readonly table: EntityTable | undefined;
  readonly #directories: readonly Local[];
  /** Where entities are, by (entity, mask), and the region in which that was found out. */
  readonly #known = new Map<string, { location: Location; region: Region }>();

  constructor(values: Values, frame: Frame, valid: Local) {
    const { gathers } = values.plan.program;
    this.#values = values;
    this.#frame = frame;
    this.#valid = valid;
    this.table = gathers.length > 0 || values.plan.loops.size > 0 ? new EntityTable(values, frame) : undefined;
    this.#directories = gathers.map(() => values.code.local("i32"));
  }

  begin(): void {
    const { code } = this.#values;
    this.table?.begin();
    this.#directories.forEach((local, g) => {
      code.get(FRAME);
      code.memory("i32.load", this.#frame.gathers[g]!);
      code.set(local);
    });
  }

  look(node: Node, into: readonly Local[]): void {
    const { code, plan } = this.#values;
    const { tables, rows } = this.#locate(node);
    const { name, element, lanes, lane } = plan.program.gathers[node.value]!;
    const directoryAt = this.#directories[node.value]!;
    const place = code.local("i32");
    const entries = code.local("i32");
    for (const local of into) {
      code.splat(0);
      code.set(local);
    }
    const bytes = elementBytes(element);
    for (let k = 0; k < 4; k++) {
      code.note(node.op === "alive" ? `has ${name}` : name);
      code.open("block");
      code.get(rows[k]!);
      code.i32(0);
      code.op("i32.lt_s");
      code.op("br_if", 0);
      code.get(directoryAt);
      code.get(tables[k]!);
      code.i32(3);
      code.ops("i32.shl", "i32.add");
      code.tee(place);
      code.memory("i32.load", directory.tables * 4);
      code.tee(entries);
      code.op("i32.eqz");
      code.op("br_if", 0);
      if (node.op === "alive") {
        code.get(into[0]!);
        code.i32(-1);
        code.op("i32x4.replace_lane", k);
        code.set(into[0]!);
      } else {
        this.table!.address(entries, rows[k]!, directoryAt, place, bytes * lanes);
        this.#element(node, lane * bytes, into, k);
      }
      code.end();
    }
    code.release(place);
    code.release(entries);
  }

  /** Takes the address on the stack and puts the element there into lane `k`. */
  #element({ value }: Node, offset: number, into: readonly Local[], k: number): void {
    const { code, plan } = this.#values;
    const { element } = plan.program.gathers[value]!;
    if (element === "f64") {
      const local = into[k >> 1]!;
      code.get(local);
      code.memory("v128.load64_lane", offset, k & 1);
      return code.set(local);
    }
    const local = into[0]!;
    if (element === "f32" || element === "i32" || element === "u32") {
      code.get(local);
      code.memory("v128.load32_lane", offset, k);
      return code.set(local);
    }
    const word = code.local("i32");
    const name = element === "bool" ? "u8" : element;
    code.memory(`i32.load${name.slice(1) as "8" | "16"}_${name.startsWith("i") ? "s" : "u"}`, offset);
    code.set(word);
    code.get(local);
    if (element === "bool") {
      code.i32(-1);
      code.i32(0);
      code.get(word);
      code.op("select");
    } else code.get(word);
    code.op("i32x4.replace_lane", k);
    code.set(local);
    code.release(word);
  }

  #locate({ args, id }: Node): Location {
    const values = this.#values;
    const { code, plan } = values;
    const [entity, mask] = args as [Node, Node];
    const region = plan.regions[id]!;
    const key = `${entity.id} ${mask.id}`;
    const known = this.#known.get(key);
    if (known !== undefined && isWithin(region, known.region)) return known.location;
    const location = locationIn(code);
    const chosen = code.local("v128");
    code.get(this.#valid);
    values.push(mask);
    code.op("v128.and");
    code.set(chosen);
    this.table!.find(() => values.push(entity), chosen, location);
    code.release(chosen);
    this.#known.set(key, { location, region });
    return location;
  }
}

/** The entity table of a frame. */
class EntityTable {
  readonly #values: Values;
  readonly #frame: Frame;
  readonly #at: Local;
  readonly #indexBits: Local;
  readonly #indices: Local;
  readonly #shift: Local;
  readonly #tables: Local;
  /** Bits of an index, and of a row of a chunk. */
  readonly #indexMask: Local;
  readonly #rowMask: Local;

  constructor(values: Values, frame: Frame) {
    this.#values = values;
    this.#frame = frame;
    const local = (): Local => values.code.local("i32");
    [this.#at, this.#indexBits, this.#indices, this.#shift] = [local(), local(), local(), local()];
    [this.#tables, this.#indexMask, this.#rowMask] = [local(), local(), local()];
  }

  begin(): void {
    const { code } = this.#values;
    code.get(FRAME);
    code.memory("i32.load", this.#frame.entities);
    code.set(this.#at);
    const words = [
      [this.#indexBits, entityTable.indexBits],
      [this.#indices, entityTable.indices],
      [this.#shift, entityTable.shift],
      [this.#tables, entityTable.tables],
    ] as const;
    for (const [local, word] of words) {
      code.get(this.#at);
      code.memory("i32.load", word * 4);
      code.set(local);
    }
    for (const [mask, bits] of [
      [this.#indexMask, this.#indexBits],
      [this.#rowMask, this.#shift],
    ] as const) {
      code.i32(1);
      code.get(bits);
      code.op("i32.shl");
      code.i32(1);
      code.op("i32.sub");
      code.set(mask);
    }
  }

  /** Finds the table and the row of four entities where the vector `chosen` holds, the row -1 where there is none. */
  find(entity: () => void, chosen: Local, { tables, rows }: Location): void {
    const { code } = this.#values;
    // All at once what needs no memory: the generation, the words of the index's chunk, and its place in the chunk.
    const [index, generation, words, place] = this.#values.locals(4) as [Local, Local, Local, Local];
    const [bits, at, from] = [code.local("i32"), code.local("i32"), code.local("i32")];
    entity();
    code.get(this.#indexMask);
    code.ops("i32x4.splat", "v128.and");
    code.set(index);
    entity();
    code.get(this.#indexBits);
    code.op("i32x4.shr_u");
    code.set(generation);
    code.get(index);
    code.get(this.#shift);
    code.op("i32x4.shr_u");
    code.splat(entityTable.chunkWords * 4);
    code.op("i32x4.mul");
    code.get(this.#at);
    code.ops("i32x4.splat", "i32x4.add");
    code.set(words);
    code.get(index);
    code.get(this.#rowMask);
    code.ops("i32x4.splat", "v128.and");
    code.set(place);
    code.get(index);
    code.get(this.#indices);
    code.ops("i32x4.splat", "i32x4.lt_u");
    code.get(chosen);
    code.ops("v128.and", "i32x4.bitmask");
    code.set(bits);
    for (let k = 0; k < 4; k++) {
      const element = (word: number, shift: number): void => {
        code.get(from);
        code.memory("i32.load", (entityTable.chunks + word) * 4);
        code.get(at);
        code.i32(shift);
        code.ops("i32.shl", "i32.add");
      };
      code.i32(-1);
      code.set(rows[k]!);
      code.open("block");
      code.get(bits);
      code.i32(1 << k);
      code.ops("i32.and", "i32.eqz");
      code.op("br_if", 0);
      code.get(words);
      code.op("i32x4.extract_lane", k);
      code.set(from);
      code.get(place);
      code.op("i32x4.extract_lane", k);
      code.set(at);
      element(0, 1);
      code.memory("i32.load16_u", 0);
      code.get(generation);
      code.op("i32x4.extract_lane", k);
      code.op("i32.ne");
      code.op("br_if", 0);
      element(1, 1);
      code.memory("i32.load16_u", 0);
      code.tee(tables[k]!);
      code.get(this.#tables);
      code.op("i32.ge_u");
      code.op("br_if", 0);
      element(2, 2);
      code.memory("i32.load", 0);
      code.set(rows[k]!);
      code.end();
    }
    for (const local of [index, generation, words, place, bits, at, from]) code.release(local);
  }

  /** Puts on the stack where a row of `bytes` bytes is in a column whose entries begin at `entries`. */
  address(entries: Local, row: Local, directoryAt: Local, place: Local, bytes: number): void {
    const { code } = this.#values;
    const chunk = code.local("i32");
    code.get(entries);
    code.get(row);
    code.get(this.#shift);
    code.op("i32.shr_u");
    code.tee(chunk);
    code.i32(4);
    code.ops("i32.shl", "i32.add");
    code.memory("i32.load", 0);
    code.i32(6);
    code.op("i32.shl");
    // The first chunk has its own offset, all others that of full chunks.
    code.get(directoryAt);
    code.memory("i32.load", directory.column * 4);
    code.get(place);
    code.memory("i32.load", directory.tables * 4 + 4);
    code.get(chunk);
    code.op("select");
    code.op("i32.add");
    code.get(row);
    code.get(this.#rowMask);
    code.op("i32.and");
    code.i32(bytes);
    code.ops("i32.mul", "i32.add");
    code.release(chunk);
  }

  /** Puts the number of a row's chunk on the stack. */
  chunk(row: Local): void {
    const { code } = this.#values;
    code.get(row);
    code.get(this.#shift);
    code.op("i32.shr_u");
  }

  /** Puts the number of a row in its chunk on the stack. */
  place(row: Local): void {
    const { code } = this.#values;
    code.get(row);
    code.get(this.#rowMask);
    code.op("i32.and");
  }
}

function isWithin(region: Region, outer: Region): boolean {
  for (let at: Region | undefined = region; at !== undefined; at = at.parent) if (at === outer) return true;
  return false;
}
