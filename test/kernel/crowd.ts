import { resultPlaces } from "../../src/kernel/emit/buckets.ts";
import { bucket, chunkRecord, entityTable, frameOf, gatherPlaces, nearPlaces, range } from "../../src/kernel/frame.ts";
import type { Program } from "../../src/kernel/program.ts";
import { referenceJobs } from "../../src/native/reference/index.ts";
import { spatialBytes, spatialHeader, spatialInit } from "../../src/native/spatial.ts";
import { type Chance, randomNumber } from "./random-program.ts";
import { BYTES, Stage, viewOf } from "./stage.ts";

/** Rows of a full chunk, as a shift. */
const SHIFT = 3;
const ROWS = 1 << SHIFT;
const INDEX_BITS = 16;

/** The chunks of two tables that a call is about; two more tables are there to be looked into. */
export const CROWD_CHUNKS: readonly number[] = [8, 8, 3, 5];
const TABLES: readonly (readonly number[])[] = [[8, 8, 3], [5], [8, 1], [2]];
/** The first record of each table; none for those that the call is not about. */
const FIRSTS = [0, 3, -1, -1];
/** The number of the first chunk of each table, and chunks with number 0. */
const STARTS = TABLES.map((_, t) => 1 + TABLES.slice(0, t).flat().length);
const CHUNKS = 1 + TABLES.flat().length;
const ENTITIES = TABLES.flat().reduce((sum, rows) => sum + rows, 0);
/** A power of two that is not less than all indices. */
const LOCATORS = 64;
/** Indices that nobody has, at the end. */
const FREE = 3;

/**
 * A stage whose rows have entities in an entity table, with columns of other entities for the gathers and a spatial index,
 * all random but the same for the same chance.
 */
export function crowdOf(program: Program, chance: Chance): Stage {
  const uniforms = program.uniforms.map(({ type }) => randomNumber(chance, type));
  const stage = new Stage(program, CROWD_CHUNKS, uniforms, 1 << 20);
  for (const [chunk, rows] of CROWD_CHUNKS.entries()) {
    for (const [b, { element, lanes }] of program.buffers.entries()) {
      stage.set(
        chunk,
        b,
        Array.from({ length: rows * lanes }, () => randomNumber(chance, element)),
      );
    }
  }
  const ids = placeEntities(stage, chance);
  // Columns of integers are often entities, some of them stale.
  for (const [chunk, rows] of CROWD_CHUNKS.entries()) {
    for (const [b, { element, lanes }] of program.buffers.entries()) {
      if (element !== "i32") continue;
      const values = stage.get(chunk, b);
      const pick = (value: number): number => {
        const choice = chance.below(8);
        return choice === 0 ? value : choice === 1 ? chance.of(ids) + (1 << INDEX_BITS) : chance.of(ids);
      };
      stage.set(chunk, b, values.slice(0, rows * lanes).map(pick));
    }
  }
  buildIndex(stage, chance, ids);
  return stage;
}

/** Gives every row an entity, writes the entity table and the directories. Returns the entities. */
function placeEntities(stage: Stage, chance: Chance): number[] {
  const { memory, program, frame } = stage;
  const { i32, u16 } = memory;
  const places = frameOf(program);
  const indices = ENTITIES + FREE;
  const chunks = Math.ceil(indices / ROWS);
  const table = stage.take((entityTable.chunks + chunks) * 4);
  const starts = stage.take(TABLES.length * 4);
  i32.set(
    STARTS.map((start) => start * 4),
    starts >>> 2,
  );
  i32[(frame + places.entities) >>> 2] = table;
  i32.set([INDEX_BITS, indices, SHIFT, TABLES.length, 64, 128, starts], table >>> 2);
  const slots = Array.from({ length: chunks }, () => stage.take(128 + ROWS * 4));
  i32.set(slots, (table >>> 2) + entityTable.chunks);
  const order = Array.from({ length: indices }, (_, i) => i);
  for (let i = indices - 1; i > 0; i--) {
    const j = chance.below(i + 1);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  const write = (index: number, generation: number, number: number, row: number): void => {
    const slot = slots[index >> SHIFT]!;
    const at = index & (ROWS - 1);
    u16[(slot >>> 1) + at] = generation;
    u16[((slot + 64) >>> 1) + at] = number;
    i32[((slot + 128) >>> 2) + at] = row;
  };
  const ids: number[] = [];
  for (const [number, counts] of TABLES.entries()) {
    for (const [chunk, rows] of counts.entries()) {
      for (let r = 0; r < rows; r++) {
        const index = order.pop()!;
        const generation = 1 + chance.below(3);
        write(index, generation, number, chunk * ROWS + r);
        ids.push((generation << INDEX_BITS) | index);
        const record = FIRSTS[number]!;
        if (record >= 0) i32[(stage.entities[record + chunk]! >>> 2) + r] = ids.at(-1)!;
      }
    }
  }
  for (const index of order) write(index, 1 + chance.below(3), 0xffff, 0);
  const hasLocators = chance.below(2) === 0;
  const columns: number[][] = [];
  for (const [g, { element, lanes, like }] of program.gathers.entries()) {
    const at = stage.take(CHUNKS * 4);
    const bytes = ROWS * lanes * BYTES[element];
    const offset = like === undefined ? 64 : 64 + ((bytes + 63) & ~63);
    const locators = hasLocators ? (like === undefined ? stage.take(LOCATORS * 8) : 0) : 0;
    if (locators !== 0) i32[locators >>> 2] = 1;
    const word = (frame + places.gathers[g]!) >>> 2;
    i32[word + gatherPlaces.directory] = at;
    i32[word + gatherPlaces.locators] = locators;
    i32[word + gatherPlaces.mask] = LOCATORS - 1;
    i32[word + gatherPlaces.column] = offset;
    columns.push([]);
    let first = 0;
    for (const [number, counts] of TABLES.entries()) {
      for (const [chunk, rows] of counts.entries()) {
        const ofChunk = ids.slice(first, first + rows);
        first += rows;
        if ((number + (like ?? g)) % 3 === 2) continue;
        const place = STARTS[number]! + chunk;
        const block = like === undefined ? stage.take(64 + 2 * (bytes + 64)) : columns[like]![place]!;
        columns[g]![place] = block;
        const column = block + offset;
        i32[(at >>> 2) + place] = column;
        const start = column / BYTES[element];
        for (let i = 0; i < ROWS * lanes; i++) viewOf(memory, element)[start + i] = randomNumber(chance, element);
        if (locators === 0) continue;
        for (const [r, id] of ofChunk.entries()) {
          i32.set([id, block + r * lanes * BYTES[element]], (locators >>> 2) + (id & (LOCATORS - 1)) * 2);
        }
      }
    }
  }
  return ids;
}

function buildIndex(stage: Stage, chance: Chance, ids: readonly number[]): void {
  const { memory, program, frame } = stage;
  const { i32, f32 } = memory;
  const points = [...ids, (7 << INDEX_BITS) | 2];
  const shape = {
    cell: 1.5,
    minX: -2,
    minY: -2.5,
    width: 1 + chance.below(5),
    height: 1 + chance.below(4),
    capacity: points.length,
  };
  const index = stage.take(spatialBytes(shape));
  spatialInit(memory, index, shape);
  const span = stage.take(16);
  const arrays = [0, 1, 2].map(() => stage.take(points.length * 4)) as [number, number, number];
  const place = (): number =>
    chance.below(12) === 0 ? randomNumber(chance, "f32") : (chance.bits() / 2 ** 32) * 7 - 3;
  for (const [i, id] of points.entries()) {
    f32[(arrays[0] >>> 2) + i] = place();
    f32[(arrays[1] >>> 2) + i] = place();
    i32[(arrays[2] >>> 2) + i] = id;
  }
  i32.set([...arrays, points.length], span >>> 2);
  referenceJobs.spatialBuild(memory, span, 1, index);
  const records = stage.take(CHUNKS * 4);
  const recordBytes = (chunkRecord.pointers + stage.binding.pointers) * 4;
  const ranges = stage.take(TABLES.length * range.words * 4);
  let [slot, ranged, isStill] = [0, 0, true];
  for (const [number, counts] of TABLES.entries()) {
    const first = FIRSTS[number]!;
    const rows = counts.reduce((sum, count) => sum + count, 0);
    if (first >= 0) {
      for (let k = 0; k < counts.length; k++) {
        i32[(records >>> 2) + STARTS[number]! + k] = stage.list + (first + k) * recordBytes;
      }
      // Sometimes it is not known where rows were, or wrong of some or of all.
      const wrong = chance.below(3) === 0 ? 1 : 0;
      if (chance.below(4) > 0) i32.set([slot, rows - wrong, first], (ranges >>> 2) + ranged++ * range.words);
      else {
        isStill = false;
        if (wrong === 1) i32.set([slot, 5, 3 - first], (ranges >>> 2) + ranged++ * range.words);
      }
      isStill &&= wrong === 0;
    }
    slot += rows;
  }
  const at = (frame + frameOf(program).index) >>> 2;
  i32[at + nearPlaces.header] = index;
  i32[at + nearPlaces.records] = records;
  i32[at + nearPlaces.ranges] = ranges;
  i32[at + nearPlaces.rangeCount] = ranged;
  const still = isStill && chance.below(3) > 0;
  i32[at + nearPlaces.still] = Number(still);
  if (program.stores.length === 0) i32.fill(0x7fff_fff0, at + nearPlaces.buckets, at + nearPlaces.words);
  else i32[at + nearPlaces.buckets] = still && chance.below(3) > 0 ? takeBuckets(stage, chance, at) : 0;
  i32[at + nearPlaces.first] = 0;
  i32[at + nearPlaces.end] = i32[(index >>> 2) + spatialHeader.count]!;
}

/** Buckets of 1 to 16 rows for all rows of the list. Their bytes may be anything. */
function takeBuckets(stage: Stage, chance: Chance, at: number): number {
  const { i32 } = stage.memory;
  const bits = chance.below(5);
  const count = ((CROWD_CHUNKS.length << SHIFT) + (1 << bits) - 1) >>> bits;
  const first = stage.take(count * bucket.words * 4);
  const bytes = resultPlaces(stage.program).bytes << bits;
  for (let b = 0; b < count; b++) {
    const word = (first >>> 2) + b * bucket.words;
    i32[word + bucket.start] = i32[word + bucket.end] = stage.take(bytes);
  }
  i32[at + nearPlaces.bucketBits] = bits;
  i32[at + nearPlaces.bucketCount] = count;
  return first;
}
