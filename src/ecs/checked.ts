import { WorldloomError } from "../core/errors.ts";
import { HASH_ROWS } from "./arena.ts";
import { type Column, ENTRY_WORDS } from "./column.ts";
import type { Access, Context } from "./context.ts";
import type { Core } from "./core.ts";
import { digestHolds, fillDigests } from "./digest.ts";
import { readElement } from "./element.ts";
import type { TableKind } from "./record.ts";
import type { Table } from "./table.ts";

/** Functions whose results differ between versions of JavaScript engines. */
const INEXACT =
  "acos acosh asin asinh atan atan2 atanh cbrt cos cosh exp expm1 hypot log log10 log1p log2 pow random sin sinh tan tanh".split(
    " ",
  );

/**
 * Runs a system's body, or its condition, which may write nothing, and finds what that did against the declaration: memory
 * written that it did not declare, NaN where it is forbidden, inexact functions. Throws `undeclared-write`, `nan-forbidden`,
 * `nondeterminism`.
 */
export function runChecked(core: Core, context: Context, run: () => void): void {
  const { access, asking } = context;
  fillDigests(core);
  const restoreMath = forbidInexactMath(access.system);
  try {
    run();
  } finally {
    restoreMath();
  }
  for (const table of core.store.tables) {
    if (table.kind !== "archetype" && table.kind !== "resource") continue;
    for (let c = 0; c < table.columns.length; c++) checkColumn(core, access, asking, table, table.columns[c]!);
  }
}

function checkColumn(core: Core, access: Access, asking: boolean, table: Table, column: Column): void {
  const words = core.arena.memory.i32;
  const id = core.schema.find(column.component);
  const mayWrite = !asking && id >= 0 && (access.writes.has(id) || access.sets.has(id));
  for (let k = 0, n = table.usedChunks; k < n; k++) {
    const header = words[column.base + k * ENTRY_WORDS]! << 4;
    if (words[header + HASH_ROWS] !== 0) {
      if (!digestHolds(core, table, column, k)) throw undeclared(access, asking, table.kind, column, k);
    } else if (!mayWrite) throw undeclared(access, asking, table.kind, column, k);
    else checkNaN(core, access, table, column, k);
  }
}

function undeclared(access: Access, asking: boolean, kind: TableKind, column: Column, k: number): WorldloomError {
  const { name } = column.component;
  const mend =
    kind === "resource" ? `put ${name} into its sets` : `put write(${name}) into its query, or ${name} into its writes`;
  return new WorldloomError(
    "undeclared-write",
    asking
      ? `The condition of system ${access.system} wrote ${name} (chunk ${k}); leave that to its body.`
      : `System ${access.system} wrote ${name} (chunk ${k}) without declaring it; ${mend}.`,
    { system: access.system, component: name, chunk: k },
  );
}

function checkNaN(core: Core, access: Access, table: Table, column: Column, k: number): void {
  const layout = table.layout(column, k);
  const block = table.blockOf(column, k);
  column.component.columns.forEach((spec, c) => {
    if (spec.code > 1 || spec.nan) return;
    for (let i = 0, n = table.rowsOf(k) * spec.lanes; i < n; i++) {
      const value = readElement(core.arena.memory, spec.code, block * 64 + layout.offsets[c]!, i);
      if (value === value) continue;
      const { name } = column.component;
      throw new WorldloomError(
        "nan-forbidden",
        `System ${access.system} wrote NaN to ${name}.${spec.path} (row ${i} of chunk ${k}); mend it, or declare the field with { nan: true }.`,
        { system: access.system, component: name, field: spec.path, row: i, chunk: k },
      );
    }
  });
}

/** Makes inexact functions throw until the returned function is called. */
function forbidInexactMath(system: string): () => void {
  const math = Reflect.get(globalThis, "Math") as unknown as Record<string, unknown>;
  const kept = INEXACT.map((name) => [name, math[name]] as const);
  for (const name of INEXACT) {
    math[name] = () => {
      throw new WorldloomError(
        "nondeterminism",
        `System ${system} called Math.${name}, which differs between engines; use context.random or exact arithmetic.`,
        {
          system,
          function: name,
        },
      );
    };
  }
  return () => {
    for (const [name, original] of kept) math[name] = original;
  };
}

/** Throws `undeclared-access` when a query of a running system goes beyond what the system declared. */
export function checkAccess({ access, columns, asking }: Context, name: string, id: number, write: boolean): void {
  if (asking ? !write : write ? access.writes.has(id) : columns.has(id)) return;
  const verb = write ? "write" : "read";
  throw new WorldloomError(
    "undeclared-access",
    asking
      ? `The condition of system ${access.system} may not write ${name}; leave that to its body.`
      : `System ${access.system} may not ${verb} ${name}; declare it in its query, ${verb}s or queries.`,
    {
      system: access.system,
      component: name,
    },
  );
}

/** Throws `undeclared-access`: a query of a running system goes beyond the one query that the system declared. */
export function refuseBeyond({ system }: Access): never {
  throw new WorldloomError(
    "undeclared-access",
    `System ${system} may not look at entities beyond its query, because a schedule relies on that; add the other query to its queries.`,
    { system },
  );
}

/** Throws `undeclared-write` for a column that a query handed out for reading. `key` is that of its component. */
export function refuseWrite(access: Access | undefined, key: string): never {
  const who = access === undefined ? "A loop" : `System ${access.system}`;
  throw new WorldloomError(
    "undeclared-write",
    `${who} wrote ${key}, which its query only reads; name the component with write(...) in the query.`,
    {
      system: access?.system,
      key,
    },
  );
}
