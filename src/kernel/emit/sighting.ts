import { type Frame, gatherPlaces, locator } from "../frame.ts";
import type { Node } from "../node.ts";
import type { Local } from "./code.ts";
import { elementBytes, laneLoad, widenRows } from "./column.ts";
import { EntityTable } from "./entity-table.ts";
import type { Locate, Lookups } from "./gather.ts";
import type { Region } from "./region.ts";
import { FRAME, type Values } from "./values.ts";

/** What locators say of four entities: which of them have the component, as a vector, and where their rows are. */
interface Sighting {
  readonly has: Local;
  readonly rows: readonly Local[];
  /** In it, it is known. */
  readonly region: Region;
}

/**
 * Looks other entities up by locators, four at once: what lies at an index says who has it, and where. What a locator says of
 * another entity than that which was asked for may be read, and is thrown away, as is what is found for rows that do not exist.
 */
export class Sightings implements Lookups {
  readonly #values: Values;
  readonly #frame: Frame;
  readonly table: EntityTable | undefined;
  /** Of each gather: where its locators are, in all lanes, and its column. Those that are alike have the same locators. */
  readonly #locators: readonly Local[];
  readonly #columns: readonly Local[];
  /** In all lanes: of an entity the number of its locator. */
  readonly #mask: Local;
  readonly locate: Locate = {
    index: (entity) => {
      entity();
      this.#values.code.get(this.#mask);
      this.#values.code.op("v128.and");
    },
    address: (gather, entity) => {
      const { code } = this.#values;
      this.locate.index(entity);
      code.i32(31 - Math.clz32(locator.words * 4));
      code.op("i32x4.shl");
      code.get(this.#locators[gather]!);
      code.op("i32x4.add");
    },
    column: (gather) => this.#values.code.get(this.#columns[gather]!),
  };
  /** By (entity, mask, first gather that is alike). */
  readonly #known = new Map<string, Sighting>();

  constructor(values: Values, frame: Frame) {
    const { code, plan } = values;
    const { gathers } = plan.program;
    this.#values = values;
    this.#frame = frame;
    this.table = plan.loops.size > 0 ? new EntityTable(values, frame) : undefined;
    const locators: Local[] = [];
    for (const { like } of gathers) locators.push(like === undefined ? code.local("v128") : locators[like]!);
    this.#locators = locators;
    this.#columns = gathers.map(() => code.local("i32"));
    this.#mask = code.local("v128");
  }

  begin(): void {
    const { code, plan } = this.#values;
    this.table?.begin();
    plan.program.gathers.forEach(({ like }, g) => {
      const places = this.#frame.gathers[g]!;
      code.get(FRAME);
      code.memory("i32.load", places + gatherPlaces.column * 4);
      code.set(this.#columns[g]!);
      if (like !== undefined) return;
      code.get(FRAME);
      code.memory("v128.load32_splat", places + gatherPlaces.locators * 4);
      code.set(this.#locators[g]!);
    });
    code.get(FRAME);
    code.memory("v128.load32_splat", this.#frame.gathers[0]! + gatherPlaces.mask * 4);
    code.set(this.#mask);
  }

  look(node: Node, into: readonly Local[]): void {
    const values = this.#values;
    const { code, plan } = values;
    const { has, rows } = this.#see(node);
    const { name, element, lane } = plan.program.gathers[node.value]!;
    if (node.op === "alive") {
      code.note(`has ${name}`);
      code.get(has);
      return code.set(into[0]!);
    }
    const count = 4 / into.length;
    into.forEach((local, part) => {
      // The first address is needed first, so it is the last on the stack.
      for (let k = count - 1; k >= 0; k--) {
        code.get(rows[part * count + k]!);
        code.get(this.#columns[node.value]!);
        code.op("i32.add");
      }
      code.note(name);
      for (let k = 0; k < count; k++) laneLoad(code, element, lane * elementBytes(element), k);
      widenRows(code, element);
      code.get(has);
      if (into.length > 1) values.widen(part);
      code.op("v128.and");
      code.set(local);
    });
  }

  #see({ args, id, value }: Node): Sighting {
    const values = this.#values;
    const { code, plan } = values;
    const [entity, mask] = args as [Node, Node];
    const region = plan.regions[id]!;
    const gather = plan.program.gathers[value]!.like ?? value;
    const key = `${entity.id} ${mask.id} ${gather}`;
    const known = this.#known.get(key);
    if (known !== undefined && region.isWithin(known.region)) return known;
    const [has, index] = values.locals(2) as [Local, Local];
    this.locate.address(gather, () => values.push(entity));
    code.set(index);
    const rows = [0, 1, 2, 3].map((k) => {
      const at = code.local("i32");
      code.get(index);
      code.op("i32x4.extract_lane", k);
      code.set(at);
      return at;
    });
    for (const at of [...rows].reverse()) code.get(at);
    for (let k = 0; k < 4; k++) laneLoad(code, "i32", locator.entity * 4, k);
    values.push(entity);
    code.op("i32x4.eq");
    if (mask.op !== "const" || mask.value === 0) {
      values.push(mask);
      code.op("v128.and");
    }
    code.set(has);
    for (const row of rows) {
      code.get(row);
      code.memory("i32.load", locator.row * 4);
      code.set(row);
    }
    code.release(index);
    const sighting = { has, rows, region };
    this.#known.set(key, sighting);
    return sighting;
  }
}
