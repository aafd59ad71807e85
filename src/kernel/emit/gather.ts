import { type Frame, gatherPlaces } from "../frame.ts";
import type { Node } from "../node.ts";
import type { Local } from "./code.ts";
import { elementBytes } from "./column.ts";
import { EntityTable, type Location, locationIn, times } from "./entity-table.ts";
import type { Region } from "./region.ts";
import { FRAME, type Values } from "./values.ts";

/** Where the locators of four entities are, which `entity` puts on the stack. */
export interface Locate {
  /** Puts their numbers on the stack. */
  index(entity: () => void): void;
  /** Puts the byte offsets of those for a gather on the stack. */
  address(gather: number, entity: () => void): void;
  /** Puts the byte offset of the column of a gather, from what locators say of rows, on the stack. */
  column(gather: number): void;
}

/** How rows look at other entities. */
export interface Lookups {
  readonly table: EntityTable | undefined;
  /** Only if there are locators. */
  readonly locate?: Locate;
  begin(): void;
  /** Computes `alive` or `fetch` into `into`. */
  look(node: Node, into: readonly Local[]): void;
}

/** Looks other entities up, a lane at a time; nothing that an entity says is believed before it was compared. */
export class Gathers implements Lookups {
  readonly #values: Values;
  readonly #frame: Frame;
  readonly #valid: Local;
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
      code.memory("i32.load", this.#frame.gathers[g]! + gatherPlaces.directory * 4);
      code.set(local);
    });
  }

  look(node: Node, into: readonly Local[]): void {
    const { code, plan } = this.#values;
    const { chunks, rows } = this.#locate(node);
    const { name, element, lanes, lane } = plan.program.gathers[node.value]!;
    const column = code.local("i32");
    for (const local of into) {
      code.splat(0);
      code.set(local);
    }
    const bytes = elementBytes(element);
    for (let k = 0; k < 4; k++) {
      code.note(node.op === "alive" ? `has ${name}` : name);
      code.open("block");
      code.get(this.#directories[node.value]!);
      code.get(chunks[k]!);
      code.op("i32.add");
      code.memory("i32.load", 0);
      code.tee(column);
      code.op("i32.eqz");
      code.op("br_if", 0);
      if (node.op === "alive") {
        code.get(into[0]!);
        code.i32(-1);
        code.op("i32x4.replace_lane", k);
        code.set(into[0]!);
      } else {
        code.get(column);
        code.get(rows[k]!);
        times(code, bytes * lanes);
        code.op("i32.add");
        this.#element(node, lane * bytes, into, k);
      }
      code.end();
    }
    code.release(column);
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
    if (known !== undefined && region.isWithin(known.region)) return known.location;
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
