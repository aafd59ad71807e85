import { expectInstance } from "../core/argument.ts";
import { WorldloomError } from "../core/errors.ts";
import { detachFields, markFields } from "./own-fields.ts";
import { type Integration, Query } from "./query.ts";
import type { Term } from "./term.ts";

/**
 * `destination += source * dt` in f32, column by column, for every entity of a query with one `write` term and one
 * component that is read, such as `world.query(write(Position), Velocity)`. Both have the same number of columns, all
 * f32. One call of a job for the whole world. Throws `bad-argument`.
 */
export function integrate(query: Query<readonly Term[]>, dt: number): void {
  expectInstance(query, Query, "query", "a query of a world");
  const { core } = query;
  query.checkUse();
  const { to, from, columns } = planOf(query);
  let spans = 0;
  const { matches } = query;
  for (let m = 0; m < matches.length; m++) spans += matches[m]!.table.usedChunks * columns;
  if (spans === 0) return;
  core.arena.scratch(spans * 12);
  detachFields(matches, [to]);
  const list = core.arena.scratch(spans * 12);
  const words = core.arena.memory.i32;
  let word = list >>> 2;
  for (let m = 0; m < matches.length; m++) {
    const { table, columns: at } = matches[m]!;
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
  // A job that refuses what it is given has written nothing.
  markFields(matches, [to]);
}

function planOf(query: Query<readonly Term[]>): Integration {
  if (query.integration !== undefined) return query.integration;
  const { fields, core } = query;
  const to = fields.findIndex(({ write }) => write);
  const from = fields.findIndex(({ write }) => !write);
  const [target, source] = [to, from].map((field) =>
    field < 0 ? [] : core.schema.component(fields[field]!.id).columns,
  );
  const plain = [...target!, ...source!].every(({ kind, lanes }) => kind === "f32" && lanes === 1);
  if (fields.length !== 2 || target!.length === 0 || source!.length !== target!.length || !plain) {
    throw new WorldloomError(
      "bad-argument",
      "integrate takes a query of one written and one read component, with equally many f32 columns and nothing else.",
    );
  }
  const plan: Integration = { to, from, columns: target!.length };
  query.integration = plan;
  return plan;
}
