import { WorldloomError } from "../../src/core/errors.ts";
import * as t from "../../src/tensor.ts";
import { type Path, replaced } from "../wrongs.ts";
import { type Case, tensorWrongs } from "./misuse-cases.ts";

/** What went wrong when the place at `path` was filled with the wrong kind; nothing if it was refused as it should be. */
export function misuse(one: Case, path: Path, kind: string): string | undefined {
  const place = `${path.join(".")}=${kind}`;
  if (matches(one.skip, place)) return undefined;
  const live = t.currentArena().live;
  let found: string | undefined;
  t.scope(() => {
    const args = replaced(one.args(), path, (tensorWrongs[kind] as () => unknown)()) as never[];
    const before = t.currentArena().live;
    try {
      one.call(...args);
      if (one.strict && !matches(one.accepts, place)) found = `${place}: accepted`;
    } catch (error) {
      const left = t.currentArena().live - before;
      if (left > 0) found = `${place}: ${left} tensors are left`;
      if (!(error instanceof WorldloomError) && !isOwn(error))
        found = `${place}: ${error instanceof Error ? error.stack?.split("\n").slice(0, 3).join(" | ") : error}`;
    }
    return undefined;
  });
  if (t.currentArena().live > live) found ??= `${place}: ${t.currentArena().live - live} tensors are left in the end`;
  return found;
}

/** Thrown by a function that a case gives, such as a loss. */
function isOwn(error: unknown): boolean {
  return error instanceof Error && (error.stack?.split("\n")[1]?.includes("/test/tensor/misuse-") ?? false);
}

function matches(patterns: readonly string[] | undefined, place: string): boolean {
  const match = (pattern: string) =>
    new RegExp(`^${pattern.replaceAll(".", "\\.").replaceAll("*", ".*")}$`).test(place);
  return patterns?.some(match) ?? false;
}
