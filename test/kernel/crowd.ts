import { directory, entityTable, frameOf } from "../../src/kernel/frame.ts";
import type { Program } from "../../src/kernel/program.ts";
import { referenceJobs } from "../../src/native/reference/index.ts";
import { spatialBytes, spatialInit } from "../../src/native/spatial.ts";
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
const ENTITIES = TABLES.flat().reduce((sum, rows) => sum + rows, 0);
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
  const table = stage.take((entityTable.chunks + chunks * entityTable.chunkWords) * 4);
  i32[(frame + places.entities) >>> 2] = table;
  i32.set([INDEX_BITS, indices, SHIFT, TABLES.length], table >>> 2);
  const slots = Array.from({ length: chunks }, () => [
    stage.take(ROWS * 2),
    stage.take(ROWS * 2),
    stage.take(ROWS * 4),
  ]);
  i32.set(slots.flat(), (table >>> 2) + entityTable.chunks);
  const order = Array.from({ length: indices }, (_, i) => i);
  for (let i = indices - 1; i > 0; i--) {
    const j = chance.below(i + 1);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  const write = (index: number, generation: number, number: number, row: number): void => {
    const [generations, tables, rows] = slots[index >> SHIFT] as [number, number, number];
    const at = index & (ROWS - 1);
    u16[(generations >>> 1) + at] = generation;
    u16[(tables >>> 1) + at] = number;
    i32[(rows >>> 2) + at] = row;
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
  for (const [g, { element, lanes }] of program.gathers.entries()) {
    const at = stage.take((directory.tables + TABLES.length * directory.tableWords) * 4);
    i32[(frame + places.gathers[g]!) >>> 2] = at;
    const column = 64;
    i32[at >>> 2] = column;
    for (const [number, counts] of TABLES.entries()) {
      const word = (at >>> 2) + directory.tables + number * directory.tableWords;
      if ((number + g) % 3 === 2) continue;
      const entries = stage.take(counts.length * 16);
      i32[word] = entries;
      i32[word + 1] = 128;
      for (let chunk = 0; chunk < counts.length; chunk++) {
        const block = stage.take(256 + ROWS * lanes * BYTES[element]);
        i32[(entries >>> 2) + chunk * 4] = block >>> 6;
        const first = (block + (chunk === 0 ? 128 : column)) / BYTES[element];
        for (let i = 0; i < ROWS * lanes; i++) viewOf(memory, element)[first + i] = randomNumber(chance, element);
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
  const firsts = stage.take(TABLES.length * 4);
  i32.set(FIRSTS, firsts >>> 2);
  i32.set([index, firsts], (frame + frameOf(program).index) >>> 2);
}
