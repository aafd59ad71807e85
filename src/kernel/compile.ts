import v8 from "node:v8";
import { wasm } from "../native/wasm.ts";
import { kernelChoice } from "./choice.ts";

/**
 * Releases of V8 whose pass that makes one vector of 256 bits of two was tested. It is for x64 only, and looks for AVX2
 * itself.
 */
const WIDE_RELEASES = ["13", "14"];

/** Flags of V8 that send a module through its best compiler at once, and what they are otherwise. */
const BEST = [
  ["--no-liftoff", "--liftoff"],
  ["--no-wasm-lazy-compilation", "--wasm-lazy-compilation"],
] as const;
const WIDE = ["--experimental-wasm-revectorize", "--no-experimental-wasm-revectorize"] as const;

/** Whether this engine makes vectors of 256 bits of pairs that were written for it. */
export function makesWide(): boolean {
  const { v8: release = "", bun, deno } = process.versions as Readonly<Record<string, string | undefined>>;
  if (kernelChoice() === "narrow") return false;
  return (
    process.arch === "x64" && bun === undefined && deno === undefined && WIDE_RELEASES.includes(release.split(".")[0]!)
  );
}

/**
 * A module whose functions have the best code of the engine from the start, where it lets that be chosen. With `wide` that may
 * have vectors of 256 bits. The flags of the engine are for the whole process; they are as before when this returns.
 */
export function compileBest(bytes: Uint8Array<ArrayBuffer>, wide: boolean): object {
  const flags = wide ? [...BEST, WIDE] : BEST;
  for (const [flag] of flags) v8.setFlagsFromString(flag);
  try {
    return new wasm.Module(bytes);
  } finally {
    for (const [, usual] of flags) v8.setFlagsFromString(usual);
  }
}
