import { badArgument } from "../../core/argument.ts";
import { type StateKind, stateKinds } from "../engine.ts";

/** How many columns of each kind a script has for fields that later versions add to its state, each 0 to 16. */
export type SpareColumns = Readonly<Partial<Record<StateKind, number>>>;

/** Where nothing else is said: more and sooner of the kinds that plain numbers, texts and booleans have. */
const DEFAULT_SPARE: Readonly<Record<StateKind, number>> = {
  f64: 2,
  i32: 2,
  bool: 2,
  str: 2,
  entity: 1,
  f32: 1,
  u32: 1,
};
const DEFAULT_MOST = Math.max(...Object.values(DEFAULT_SPARE));
/** Most spare columns of a kind. */
export const SPARES_MAX = 16;
const COUNT = `an integer from 0 to ${SPARES_MAX}`;

/**
 * The kind of each spare column. A field lies in a column of exactly its kind, so that its values are those that it has in a
 * new world. One number counts for all kinds; kinds that are left out have their default, as far as there is `room` for so
 * many columns. Throws `bad-argument`.
 */
export function spareKinds(spare: number | SpareColumns = {}, room: number): StateKind[] {
  if (typeof spare !== "number" && (typeof spare !== "object" || spare === null || Array.isArray(spare)))
    throw badArgument("spare", spare, `${COUNT}, or an object of them by kind`);
  const said: SpareColumns =
    typeof spare === "number" ? Object.fromEntries(stateKinds.map((kind) => [kind, spare])) : spare;
  for (const [kind, count] of Object.entries(said)) {
    if (!(stateKinds as readonly string[]).includes(kind))
      throw badArgument("spare", kind, `an object with the keys ${stateKinds.join(", ")}`);
    if (!Number.isInteger(count) || count < 0 || count > SPARES_MAX)
      throw badArgument(typeof spare === "number" ? "spare" : `spare.${kind}`, count, COUNT);
  }
  const kinds = stateKinds.flatMap((kind) => new Array<StateKind>(said[kind] ?? 0).fill(kind));
  if (kinds.length > room)
    throw badArgument("spare", kinds.length, `at most ${room} columns beside those of the state`);
  for (let round = 0; round < DEFAULT_MOST; round++)
    for (const [kind, count] of Object.entries(DEFAULT_SPARE) as [StateKind, number][])
      if (said[kind] === undefined && round < count && kinds.length < room) kinds.push(kind);
  return kinds;
}

export function spareName(s: number): string {
  return `scriptSpare${s}`;
}

/** Whether a field has the name of a spare column. */
export function isSpare(field: string): boolean {
  return /^scriptSpare\d/.test(field);
}
