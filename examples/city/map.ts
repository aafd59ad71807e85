import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { WorldloomError } from "../../src/index.ts";

/** Most cells of a map: what a distance field can hold. */
export const MAP_CELLS_MAX: number = 2 ** 24;
/** Most cells in one row or column. */
export const MAP_SIDE_MAX = 65_535;

/** A street map as an octile grid. */
export interface CityMap {
  /** Of the file, without its folder. */
  readonly name: string;
  readonly width: number;
  readonly height: number;
  /** One byte a cell, row by row: 1 is passable, 0 is not. */
  readonly cells: Uint8Array;
  /** Passable cells. */
  readonly freeCount: number;
}

/** Reads and parses a file; `file-io` if that fails, `bad-map` if it is no map. */
export function loadMap(path: string | URL): CityMap {
  return { ...parseMap(readBytes(path), String(path)), name: basename(String(path)) };
}

/**
 * Parses the `.map` format of the Moving AI benchmarks: `type octile`, `height H`, `width W`, `map`, then H rows
 * of W characters; `.` and `G` are passable, `@ O T W S` are not. Lines end in LF or CR LF.
 * Anything else is refused with `bad-map`; the message names the line and says what is expected there.
 */
export function parseMap(bytes: Uint8Array, name = "map"): CityMap {
  const lines = new Lines(bytes, name);
  lines.expect("type octile");
  const sides = new Map([lines.header(), lines.header()]);
  const height = sides.get("height");
  const width = sides.get("width");
  if (height === undefined || width === undefined) {
    throw lines.error(`one of "height" and "width" is missing; give each of them once, in lines 2 and 3`);
  }
  if (width * height > MAP_CELLS_MAX) {
    throw lines.error(`${width} x ${height} cells are more than ${MAP_CELLS_MAX}; cut the map into smaller ones`);
  }
  lines.expect("map");
  // Before anything is allocated for a header that promises more than there is.
  if (lines.left < width * height) {
    throw lines.error(
      `the file ends before ${height} rows of ${width} characters; it is truncated, or its header is wrong`,
    );
  }
  const cells = new Uint8Array(width * height);
  let freeCount = 0;
  for (let y = 0; y < height; y++) {
    const row = lines.next();
    if (row === undefined) throw lines.error(`row ${y + 1} of ${height} is missing; the file is truncated`);
    if (row.length !== width) throw lines.error(`the row has ${row.length} characters; "width" asks for ${width}`);
    for (let x = 0; x < width; x++) {
      const cell = CELLS[row[x]!]!;
      if (cell === UNKNOWN) {
        throw lines.error(
          `${character(row[x]!)} in column ${x + 1} is not a cell; use . or G (passable), @ O T W or S (not)`,
        );
      }
      cells[y * width + x] = cell;
      freeCount += cell;
    }
  }
  lines.expectEnd(`the "height" of ${height} rows`);
  return { name, width, height, cells, freeCount };
}

const UNKNOWN = 2;
/** 1 for passable characters, 0 for others of the format. */
const CELLS: Uint8Array = Uint8Array.from({ length: 256 }, (_, code) => {
  const text = String.fromCharCode(code);
  return ".G".includes(text) ? 1 : "@OTWS".includes(text) ? 0 : UNKNOWN;
});

/** The whole of a file; `file-io` if it cannot be read. */
export function readBytes(path: string | URL): Uint8Array {
  try {
    return readFileSync(path);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new WorldloomError(
      "file-io",
      `${String(path)} cannot be read (${reason}); check the path.`,
      { path: String(path) },
      cause,
    );
  }
}

/** Lines of a text file one by one, and errors that name them. Shared by the two formats. */
export class Lines {
  readonly #bytes: Uint8Array;
  readonly #name: string;
  #at = 0;
  /** Number of the line that {@link next} gave last, from 1. */
  number = 0;

  constructor(bytes: Uint8Array, name: string) {
    this.#bytes = bytes;
    this.#name = name;
  }

  /** Bytes after the last line that was read. */
  get left(): number {
    return this.#bytes.length - this.#at;
  }

  /** The next line without its end, or undefined at the end of the file. An empty last line does not count. */
  next(): Uint8Array | undefined {
    this.number++;
    if (this.left <= 0) return undefined;
    const newline = this.#bytes.indexOf(10, this.#at);
    const end = newline < 0 ? this.#bytes.length : newline;
    const line = this.#bytes.subarray(this.#at, this.#bytes[end - 1] === 13 && end > this.#at ? end - 1 : end);
    this.#at = end + 1;
    return line;
  }

  /** The next line as text, at most 1,000 characters of it. */
  text(): string | undefined {
    const line = this.next();
    return line && Buffer.from(line.subarray(0, 1000)).toString("latin1");
  }

  expect(wanted: string): void {
    const line = this.text()?.trimEnd();
    if (line !== wanted) throw this.error(`found ${quote(line)}; this line must be "${wanted}"`);
  }

  /** A line `height H` or `width W`. */
  header(): [string, number] {
    const line = this.text();
    const [, key, digits] = /^(height|width)[ \t]+(\d+)[ \t]*$/.exec(line ?? "") ?? [];
    if (key === undefined) throw this.error(`found ${quote(line)}; this line must be "height H" or "width W"`);
    const side = Number(digits);
    if (side < 1 || side > MAP_SIDE_MAX) throw this.error(`${key} is ${digits}; it must be from 1 to ${MAP_SIDE_MAX}`);
    return [key, side];
  }

  /** Nothing but empty lines may follow. */
  expectEnd(what: string): void {
    for (let line = this.text(); line !== undefined; line = this.text()) {
      if (line.trim() !== "") throw this.error(`found ${quote(line)} after ${what}; remove it or correct the header`);
    }
  }

  error(reason: string): WorldloomError {
    return new WorldloomError("bad-map", `${this.#name}, line ${this.number}: ${reason}.`, {
      file: this.#name,
      line: this.number,
    });
  }
}

/** A line as it appears in a message. */
export function quote(line: string | undefined): string {
  if (line === undefined) return "the end of the file";
  return JSON.stringify(line.length > 60 ? `${line.slice(0, 60)}...` : line);
}

function character(code: number): string {
  return code > 32 && code < 127 ? `"${String.fromCharCode(code)}"` : `byte ${code}`;
}
