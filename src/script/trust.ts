import { createHash } from "node:crypto";
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { badArgument } from "../core/argument.ts";
import { WorldloomError } from "../core/errors.ts";

const HASH = /^[0-9a-f]{64}$/;

/**
 * Scripts that may have the profile `trusted`, by the SHA-256 of their code, in a JSON file `{ "<hash>": "<name>" }`. Any
 * other code, and any change to one of these, is not trusted until it is listed, too.
 */
export class TrustList {
  readonly file: string;
  readonly #names: Map<string, string>;

  /** Reads the file; where there is none the list is empty. Throws `file-io`, `bad-file`. */
  constructor(file: string) {
    this.file = file;
    this.#names = existsSync(file) ? read(file) : new Map();
  }

  /** The hashes and the names under which they were listed, ascending. */
  get entries(): readonly (readonly [hash: string, name: string])[] {
    return [...this.#names].sort(([a], [b]) => (a < b ? -1 : 1));
  }

  has(code: string | Uint8Array): boolean {
    return this.#names.has(codeHash(code));
  }

  /** Lists code, in the file, too. Returns its hash. Throws `file-io`. */
  add(code: string | Uint8Array, name: string): string {
    const hash = codeHash(code);
    this.#names.set(hash, name);
    this.#save();
    return hash;
  }

  /** Takes a hash from the list; false if it was not there. Throws `file-io`. */
  remove(hash: string): boolean {
    if (!this.#names.delete(hash)) return false;
    this.#save();
    return true;
  }

  #save(): void {
    const text = `${JSON.stringify(Object.fromEntries(this.entries), undefined, 2)}\n`;
    try {
      writeFileSync(`${this.file}.new`, text);
      renameSync(`${this.file}.new`, this.file);
    } catch (cause) {
      throw new WorldloomError(
        "file-io",
        `The list of trusted scripts ${this.file} cannot be written.`,
        { path: this.file },
        cause,
      );
    }
  }
}

/** SHA-256 of the code, 64 hexadecimal digits. */
export function codeHash(code: string | Uint8Array): string {
  if (typeof code !== "string" && !(code instanceof Uint8Array)) throw badArgument("code", code, "a text, or bytes");
  return createHash("sha256").update(code).digest("hex");
}

function read(file: string): Map<string, string> {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (cause) {
    throw new WorldloomError("file-io", `The list of trusted scripts ${file} cannot be read.`, { path: file }, cause);
  }
  let values: unknown;
  try {
    values = JSON.parse(text);
  } catch {
    throw malformed(file, "is no JSON");
  }
  if (typeof values !== "object" || values === null || Array.isArray(values)) throw malformed(file, "is no object");
  const entries = Object.entries(values);
  for (const [hash, name] of entries)
    if (!HASH.test(hash) || typeof name !== "string")
      throw malformed(file, `has ${JSON.stringify(hash)}, which is no SHA-256 with a name`);
  return new Map(entries as [string, string][]);
}

function malformed(file: string, what: string): WorldloomError {
  return new WorldloomError("bad-file", `The list of trusted scripts ${file} ${what}; mend it or remove it.`, {
    path: file,
  });
}
