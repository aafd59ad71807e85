import { type Frame, gatherPlaces, locator } from "../frame.ts";
import type { Node } from "../node.ts";
import type { Local } from "./code.ts";
import { elementBytes, laneLoad, widenRows } from "./column.ts";
import { EntityTable } from "./entity-table.ts";
import type { Locate, Lookups } from "./gather.ts";
import { isWithin, type Region } from "./plan.ts";
import { FRAME, type Values } from "./values.ts";

/** What locators say of four entities: which of them have the component, as a vector, and where their rows are. */
interface Sighting {
  readonly has: Local;
  readonly rows: readonly Local[];
  /** In it, it is known. */
  readonly region: Region;
}

/**
 * Looks other entities up by locators, four at once: one load says who has an index, and where. What a locator says of another
 * entity than that which was asked for may be read, and is thrown away.
 */
export class Sightings implements Lookups {
  readonly #values: Values;
  readonly #frame: Frame;
  readonly #valid: Local;
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

  constructor(values: Values, frame: Frame, valid: Local) {
    const { code, plan } = values;
    const { gathers } = plan.program;
    this.#values = values;
    this.#frame = frame;
    this.#valid = valid;
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
    if (known !== undefined && isWithin(region, known.region)) return known;
    const [has, index, low, high] = values.locals(4) as [Local, Local, Local, Local];
    this.locate.address(gather, () => values.push(entity));
    code.set(index);
    for (const [half, pair] of [low, high].entries()) {
      for (const k of [1, 0]) {
        code.get(index);
        code.op("i32x4.extract_lane", half * 2 + k);
      }
      code.memory("v128.load64_zero", 0);
      code.memory("v128.load64_lane", 0, 1);
      code.set(pair);
    }
    code.get(low);
    code.get(high);
    code.op("i8x16.shuffle", ...ENTITIES);
    values.push(entity);
    code.op("i32x4.eq");
    code.get(this.#valid);
    code.op("v128.and");
    if (mask.op !== "const" || mask.value === 0) {
      values.push(mask);
      code.op("v128.and");
    }
    code.set(has);
    const rows = [low, low, high, high].map((pair, k) => {
      const row = code.local("i32");
      code.get(pair);
      code.op("i32x4.extract_lane", (k & 1) * locator.words + locator.row);
      code.set(row);
      return row;
    });
    for (const local of [index, low, high]) code.release(local);
    const sighting = { has, rows, region };
    this.#known.set(key, sighting);
    return sighting;
  }
}

/** Bytes of the entities of two pairs of locators. */
const ENTITIES = [0, 1, 2, 3].flatMap((k) =>
  [0, 1, 2, 3].map((byte) => (k * locator.words + locator.entity) * 4 + byte),
);
