import { type Frame, locator, stretchPlaces } from "../frame.ts";
import type { Node } from "../node.ts";
import type { Local } from "./code.ts";
import type { Place } from "./column.ts";
import type { Cursors } from "./cursor.ts";
import type { Locate } from "./gather.ts";
import { beginCounts, beginStretch, endStretch, type Stretches } from "./stretch.ts";
import { FRAME, type Values } from "./values.ts";

/** How far apart indices are whose locators are likely in no cache near: two megabytes. */
const FAR = 1 << 18;
/** So many groups of a stretch look somebody up where it is worth asking for all that the next one may need. */
const SHARE = { groups: 3, of: 4 };

/** Lookups by entities of one column: where those are, a gather whose locators say where their rows are, and all gathers that read these. */
interface Source {
  readonly place: () => Place;
  readonly gather: number;
  readonly reads: Set<number>;
  /** The first lookup, and whether they are all a matter of conditions. */
  readonly first: Node;
  isConditional: boolean;
}

/**
 * Rows of a chunk in stretches. Before the rows of a stretch are computed, all locators that they need are asked for, and then
 * all that is read of other entities: at once, where the loop over rows would ask for little at a time, as only so many
 * instructions are under way. It is left out where the first four rows of a stretch look at entities that are not far from
 * those of the last four, and where lookups depend on conditions that held in few groups of the stretch before. Without
 * locators there are no stretches.
 */
export class Ahead implements Stretches {
  readonly #values: Values;
  readonly #frame: Frame;
  readonly #locate: Locate | undefined;
  readonly #sources: readonly Source[];
  /** Where the entities of the next group are, how many rows there are from it on, and a sum of what was read. */
  readonly #at: Local = 0;
  readonly #rows: Local = 0;
  readonly #sum: Local = 0;
  readonly rest: Local | undefined;
  /** The lookup of which is counted how often it is made, if that is a matter of conditions. */
  readonly #counted: Node | undefined;

  constructor(values: Values, frame: Frame, cursors: Cursors, locate: Locate | undefined) {
    const { code } = values;
    this.#values = values;
    this.#frame = frame;
    this.#locate = locate;
    this.#sources = locate === undefined ? [] : sourcesOf(values, cursors);
    if (this.#sources.length === 0) return;
    [this.#at, this.#rows, this.#sum] = [0, 0, 0].map(() => code.local("i32")) as [Local, Local, Local];
    this.rest = code.local("i32");
    this.#counted = this.#sources.find(({ isConditional }) => isConditional)?.first;
  }

  begin(): void {
    if (this.#counted !== undefined && !this.#values.options.isStretch) beginCounts(this.#values, this.#frame);
  }

  looks(node: Node): void {
    if (node !== this.#counted) return;
    const { code } = this.#values;
    code.get(FRAME);
    this.#count("looked");
    code.i32(1);
    code.op("i32.add");
    code.memory("i32.store", this.#frame.stretch + stretchPlaces.looked * 4);
  }

  open(_rows: Local, left: Local): void {
    const { rest } = this;
    if (rest === undefined) return;
    const { code } = this.#values;
    beginStretch(this.#values, left, rest);
    for (const source of this.#sources) if (!source.isConditional) this.#ask(source, left, rest);
    if (this.#counted === undefined) return;
    this.#count("looked");
    code.i32(SHARE.of);
    code.op("i32.mul");
    this.#count("groups");
    code.i32(SHARE.groups);
    code.ops("i32.mul", "i32.ge_u");
    code.open("if");
    for (const source of this.#sources) if (source.isConditional) this.#ask(source, left, rest);
    code.end();
    code.get(FRAME);
    code.get(left);
    code.get(rest);
    code.op("i32.sub");
    code.i32(3);
    code.op("i32.add");
    code.i32(2);
    code.op("i32.shr_u");
    code.memory("i32.store", this.#frame.stretch + stretchPlaces.groups * 4);
    code.get(FRAME);
    code.i32(0);
    code.memory("i32.store", this.#frame.stretch + stretchPlaces.looked * 4);
  }

  #count(place: "groups" | "looked"): void {
    const { code } = this.#values;
    code.get(FRAME);
    code.memory("i32.load", this.#frame.stretch + stretchPlaces[place] * 4);
  }

  close(left: Local): void {
    if (this.rest !== undefined) endStretch(this.#values, left);
  }

  #ask({ place, gather, reads }: Source, left: Local, rest: Local): void {
    const { code, options } = this.#values;
    const locate = this.#locate!;
    const row = code.local("i32");
    code.open("block");
    this.#begin(place(), left, rest);
    locate.index(() => this.#entities());
    locate.index(() => {
      code.get(this.#at);
      code.get(this.#rows);
      code.i32(2);
      code.ops("i32.shl", "i32.add");
      code.memory("v128.load", 0);
    });
    code.ops("i32x4.sub", "i32x4.abs");
    code.splat(options.far ?? FAR);
    code.ops("i32x4.gt_s", "v128.any_true", "i32.eqz");
    code.op("br_if", 0);
    code.note("locators");
    code.i32(0);
    code.set(this.#sum);
    this.#each(gather, () => {
      code.memory("i32.load", locator.entity * 4);
      this.#add();
    });
    code.note("what they lead to");
    if (reads.size > 0) this.#begin(place(), left, rest);
    if (reads.size > 0)
      this.#each(gather, () => {
        code.memory("i32.load", locator.row * 4);
        code.set(row);
        for (const read of reads) {
          code.get(row);
          locate.column(read);
          code.op("i32.add");
          code.memory("i32.load8_u", 0);
          this.#add();
        }
      });
    // Else an engine might do without the loads.
    code.get(FRAME);
    code.get(this.#sum);
    code.memory("i32.store", this.#frame.spare);
    code.end();
    code.release(row);
  }

  /** To the first group of the stretch. The last one begins as many rows later as `rows` says, which is 0 if there is one. */
  #begin({ address, offset }: Place, left: Local, rest: Local): void {
    const { code } = this.#values;
    address();
    code.i32(offset);
    code.op("i32.add");
    code.set(this.#at);
    code.get(left);
    code.get(rest);
    code.op("i32.sub");
    code.i32(1);
    code.op("i32.sub");
    code.i32(-4);
    code.op("i32.and");
    code.set(this.#rows);
  }

  #entities(): void {
    const { code } = this.#values;
    code.get(this.#at);
    code.memory("v128.load", 0);
  }

  /** All groups of the stretch: `body` takes the address of a locator from the stack. */
  #each(gather: number, body: () => void): void {
    const { code } = this.#values;
    const addresses = code.local("v128");
    code.open("loop");
    this.#locate!.address(gather, () => this.#entities());
    code.set(addresses);
    for (let k = 0; k < 4; k++) {
      code.get(addresses);
      code.op("i32x4.extract_lane", k);
      body();
    }
    code.get(this.#at);
    code.i32(16);
    code.op("i32.add");
    code.set(this.#at);
    code.get(this.#rows);
    code.i32(4);
    code.op("i32.sub");
    code.tee(this.#rows);
    code.i32(-1);
    code.op("i32.gt_s");
    code.op("br_if", 0);
    code.end();
    code.release(addresses);
  }

  /** Adds the word on the stack to the sum. */
  #add(): void {
    const { code } = this.#values;
    code.get(this.#sum);
    code.op("i32.add");
    code.set(this.#sum);
  }
}

/** Lookups by entities that are in a column, one a row. */
function sourcesOf({ plan: { program, regions } }: Values, cursors: Cursors): Source[] {
  const sources = new Map<string, Source>();
  for (const node of program.nodes) {
    const { op, args, value } = node;
    if (op !== "alive" && op !== "fetch") continue;
    const entity = args[0]!;
    const buffer = entity.value >>> 16;
    if (entity.op !== "load" || program.buffers[buffer]!.element !== "i32" || program.buffers[buffer]!.lanes > 1)
      continue;
    const gather = program.gathers[value]!.like ?? value;
    const key = `${entity.id} ${gather}`;
    let source = sources.get(key);
    if (source === undefined) {
      source = { place: () => cursors.place(buffer, 0, 0), gather, reads: new Set(), first: node, isConditional: true };
      sources.set(key, source);
    }
    if (regions[node.id]!.kind !== "rare") source.isConditional = false;
    if (op === "fetch") source.reads.add(value);
  }
  return [...sources.values()];
}
