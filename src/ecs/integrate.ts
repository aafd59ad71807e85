import { WorldloomError } from "../core/errors.ts";
import type { Query } from "./query.ts";
import type { Term } from "./term.ts";

/**
 * `destination += source * dt` in f32, column by column, for every entity of a query with one `write` term and one
 * component that is read, such as `world.query(write(Position), Velocity)`. Both have the same number of columns, all
 * f32. One call of a job for the whole world. Throws `bad-argument`.
 */
export function integrate(query: Query<readonly Term[]>, dt: number): void {
  const { core } = query;
  query.checkUse();
  const to = query.fields.findIndex(({ write }) => write);
  const from = query.fields.findIndex(({ write }) => !write);
  const target = to < 0 ? undefined : core.schema.component(query.fields[to]!.id);
  const source = from < 0 ? undefined : core.schema.component(query.fields[from]!.id);
  const columns = target?.columns.length ?? 0;
  const plain = columns > 0 && source?.columns.length === columns && query.fields.length === 2 && target!.words && source.words;
  if (!plain || [...target!.columns, ...source!.columns].some(({ kind }) => kind !== "f32")) {
    throw new WorldloomError("bad-argument", "integrate takes a query of one written and one read component, with equally many f32 columns and nothing else.");
  }
  let spans = 0;
  for (const { table } of query.matches) spans += table.usedChunks * columns;
  if (spans === 0) return;
  const { epoch } = core.store;
  for (const { table, columns: at } of query.matches) {
    const column = table.columns[at[to]!]!;
    for (let k = 0, n = table.usedChunks; k < n; k++) if (column.owned[k] !== epoch) table.own(column, k);
  }
  const list = core.arena.scratch(spans * 12);
  const words = core.arena.memory.i32;
  let word = list >>> 2;
  for (const { table, columns: at } of query.matches) {
    const a = table.columns[at[to]!]!;
    const b = table.columns[at[from]!]!;
    for (let k = 0, n = table.usedChunks; k < n; k++) {
      const capacity = table.capacityOf(k);
      const rows = table.rowsOf(k);
      let destination = words[a.base + k * 4]! * 64;
      let origin = words[b.base + k * 4]! * 64;
      // The columns of a full chunk follow one another without gaps.
      const runs = rows === capacity ? 1 : columns;
      const count = rows === capacity ? rows * columns : rows;
      for (let run = 0; run < runs; run++) {
        words[word] = destination;
        words[word + 1] = origin;
        words[word + 2] = count;
        word += 3;
        destination += capacity * 4;
        origin += capacity * 4;
      }
    }
  }
  core.jobs.integrate(core.arena.memory, list, (word - (list >>> 2)) / 3, dt);
}
