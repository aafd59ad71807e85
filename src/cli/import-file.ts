import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { isCoded, WorldloomError } from "../core/errors.ts";

/**
 * What a module of the user exports. Throws `usage` where there is none, what our own functions say of it while it loads,
 * and `bad-file`, with the place where there is one, for whatever else goes wrong.
 */
export async function importFile(path: string): Promise<Readonly<Record<string, unknown>>> {
  const file = resolve(path);
  if (!existsSync(file)) throw new WorldloomError("usage", `There is no file ${path}; check the path.`, { path });
  try {
    return await import(pathToFileURL(file).href);
  } catch (cause) {
    throw brokenFile(file, "cannot be loaded", cause);
  }
}

/**
 * What to throw where code of a module of the user did: the error of our own functions as it is, of any other what is
 * wrong with `file`, and the lines of the user that it comes from.
 */
export function brokenFile(file: string, what: string, cause: unknown): unknown {
  if (isCoded(cause)) return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  const place = placeOf(cause);
  const advice = place.length > 0 ? "mend it" : adviceFor(cause, file);
  const message = [`${file} ${what} (${reason}); ${advice}.`, ...place].join("\n");
  return new WorldloomError("bad-file", message, { file }, cause);
}

function adviceFor(cause: unknown, path: string): string {
  const { code } = (cause ?? {}) as NodeJS.ErrnoException;
  if (code === "EACCES") return "give yourself permission to read it";
  if (code === "ERR_UNSUPPORTED_DIR_IMPORT") return "give a module";
  if (code === "ERR_UNKNOWN_FILE_EXTENSION")
    return /\.m?ts$/.test(path) ? "use a Node that knows TypeScript, 22.18 or later" : "give a module";
  return cause instanceof SyntaxError ? "mend it, node --check says where" : "mend it";
}

/** The lines of an error's stack that are about the code of the user. */
function placeOf(cause: unknown): string[] {
  if (!(cause instanceof Error) || cause.stack === undefined) return [];
  const lines = cause.stack.split("\n");
  const name = lines.findIndex((line) => line.startsWith(cause.name));
  const calls = lines.slice(name + 1).filter((line) => /^ {4}at /.test(line) && !isOwn(line));
  return [...lines.slice(0, Math.max(0, name)).filter((line) => line !== ""), ...calls.slice(0, CALLS_MAX)];
}

/** Whether a call is one of Node's loader, or of the command line. */
function isOwn(line: string): boolean {
  return line.includes("node:") || line.includes(HERE);
}

const HERE = new URL(".", import.meta.url).href;
const CALLS_MAX = 5;
