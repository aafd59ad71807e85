import { type Frame, gatherPlaces } from "../frame.ts";
import type { Node } from "../node.ts";
import type { Local } from "./code.ts";
import { elementBytes, laneLoad, widenRows } from "./column.ts";
import { EntityTable, type Location, locationIn, type Sighting, times } from "./entity-table.ts";
import type { Region } from "./plan.ts";
import { FRAME, type Values } from "./values.ts";

/** What was found out in a region is known in it. */
interface Known<T> {
  readonly of: T;
  readonly region: Region;
}

/**
 * Looks other entities up; nothing that an entity says is believed before it was compared. Where there are locators it
 * takes one load and one comparison; without them the way through the entity table, a lane at a time.
 */
export class Gathers {
  readonly #values: Values;
  readonly #frame: Frame;
  readonly #valid: Local;
  /** Only if there are gathers or loops. */
  readonly table: EntityTable | undefined;
  /** Of each gather the words of its {@link gatherPlaces}. Locators are those of the first that is like it. */
  readonly #directories: readonly Local[];
  readonly #locators: readonly Local[];
  readonly #columns: readonly Local[];
  /** Where entities are, by (entity, mask), and what locators say, by (entity, mask, gather). */
  readonly #locations = new Map<string, Known<Location>>();
  readonly #sightings = new Map<string, Known<Sighting>>();

  constructor(values: Values, frame: Frame, valid: Local) {
    const { gathers } = values.plan.program;
    const local = (): Local => values.code.local("i32");
    this.#values = values;
    this.#frame = frame;
    this.#valid = valid;
    this.table = gathers.length > 0 || values.plan.loops.size > 0 ? new EntityTable(values, frame) : undefined;
    this.#directories = gathers.map(local);
    this.#columns = gathers.map(local);
    const locators: Local[] = [];
    for (const { like } of gathers) locators.push(like === undefined ? local() : locators[like]!);
    this.#locators = locators;
  }

  begin(): void {
    const { code } = this.#values;
    this.table?.begin();
    this.#frame.gathers.forEach((places, g) => {
      for (const [word, locals] of [
        [gatherPlaces.directory, this.#directories],
        [gatherPlaces.locators, this.#locators],
        [gatherPlaces.column, this.#columns],
      ] as const) {
        code.get(FRAME);
        code.memory("i32.load", places + word * 4);
        code.set(locals[g]!);
      }
    });
  }

  look(node: Node, into: readonly Local[]): void {
    const { code, plan } = this.#values;
    const { location, sighting } = this.#locate(node);
    const { name } = plan.program.gathers[node.value]!;
    code.get(this.#locators[0]!);
    code.open("if");
    code.note(node.op === "alive" ? `has ${name}` : name);
    if (node.op === "fetch") this.#fetch(node, into, sighting);
    else {
      code.get(sighting.has);
      code.set(into[0]!);
    }
    code.op("else");
    this.#lookOneByOne(node, into, location);
    code.end();
  }

  /** All four at once, where locators say; there may be anything where there is none. */
  #fetch({ value }: Node, into: readonly Local[], { has, rows }: Sighting): void {
    const values = this.#values;
    const { code, plan } = values;
    const { element, lane } = plan.program.gathers[value]!;
    const count = 4 / into.length;
    into.forEach((local, part) => {
      // The first address is needed first, so it is the last on the stack.
      for (let k = count - 1; k >= 0; k--) {
        code.get(rows[part * count + k]!);
        code.get(this.#columns[value]!);
        code.op("i32.add");
      }
      for (let k = 0; k < count; k++) laneLoad(code, element, lane * elementBytes(element), k);
      widenRows(code, element);
      code.get(has);
      if (into.length > 1) values.widen(part);
      code.op("v128.and");
      code.set(local);
    });
  }

  #lookOneByOne(node: Node, into: readonly Local[], { chunks, rows }: Location): void {
    const { code, plan } = this.#values;
    const { element, lanes, lane } = plan.program.gathers[node.value]!;
    const column = code.local("i32");
    for (const local of into) {
      code.splat(0);
      code.set(local);
    }
    const bytes = elementBytes(element);
    for (let k = 0; k < 4; k++) {
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

  /** Finds out where four entities are, unless that is known, one way or the other. */
  #locate({ args, id, value }: Node): { location: Location; sighting: Sighting } {
    const values = this.#values;
    const { code, plan } = values;
    const [entity, mask] = args as [Node, Node];
    const region = plan.regions[id]!;
    const first = plan.program.gathers[value]!.like ?? value;
    const isKnown = (known: Known<unknown> | undefined): boolean =>
      known !== undefined && isWithin(region, known.region);
    const key = `${entity.id} ${mask.id}`;
    const seen = this.#sightings.get(`${key} ${first}`);
    const found = this.#locations.get(key);
    if (isKnown(seen) && isKnown(found)) return { location: found!.of, sighting: seen!.of };
    const location = isKnown(found) ? found!.of : locationIn(code);
    const sighting = { has: code.local("v128"), rows: locationIn(code).rows };
    const chosen = code.local("v128");
    code.get(this.#valid);
    values.push(mask);
    code.op("v128.and");
    code.set(chosen);
    code.get(this.#locators[0]!);
    code.open("if");
    this.table!.see(() => values.push(entity), chosen, this.#locators[first]!, sighting);
    if (!isKnown(found)) {
      code.op("else");
      this.table!.find(() => values.push(entity), chosen, location);
    }
    code.end();
    code.release(chosen);
    this.#locations.set(key, isKnown(found) ? found! : { of: location, region });
    this.#sightings.set(`${key} ${first}`, { of: sighting, region });
    return { location, sighting };
  }
}

function isWithin(region: Region, outer: Region): boolean {
  for (let at: Region | undefined = region; at !== undefined; at = at.parent) if (at === outer) return true;
  return false;
}
