import type { ScriptSource } from "../../src/script.ts";

const name = (text: string): number[] => [text.length, ...Array.from(text, (letter) => letter.charCodeAt(0))];
const section = (id: number, content: readonly number[]): number[] => [id, content.length, ...content];
const MEMORY = 2;

const block = (code: readonly number[]): number[] => [code.length + 2, 0, ...code, 0x0b];
/** Returns the first time. */
const FIRST = [0x23, 0, 0x45, 0x04, 0x40, 0x41, 1, 0x24, 0, 0x0f, 0x0b];

/** A module of WebAssembly whose `on_update` returns once, and is `loop br 0 end` from then on. */
export function endlessGuest(): ScriptSource {
  const code = new Uint8Array([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    // (i32) -> i32 and (i32, f64, i32) -> ()
    ...section(1, [2, 0x60, 1, 0x7f, 1, 0x7f, 0x60, 3, 0x7f, 0x7c, 0x7f, 0]),
    ...section(3, [2, 0, 1]),
    ...section(5, [1, 0, 4]),
    ...section(6, [1, 0x7f, 1, 0x41, 0, 0x0b]),
    ...section(7, [3, ...name("memory"), MEMORY, 0, ...name("worldloom_alloc"), 0, 0, ...name("on_update"), 0, 1]),
    ...section(10, [2, 6, 0, 0x41, 0x80, 0x80, 0x04, 0x0b, ...block([...FIRST, 0x03, 0x40, 0x0c, 0, 0x0b])]),
  ]);
  return { name: "Endless", code, manifest: { state: {}, reads: [], writes: [], hears: [], requires: [] } };
}
