import type { ScriptChunk, ScriptManifest } from "../engine.ts";
import type { GuestModule } from "./guest.ts";
import type { ColumnName } from "./manifest.ts";

/** A module that was compiled, as the engine's domains take it. */
export class WasmChunk implements ScriptChunk {
  readonly engine = "wasm";
  readonly name: string;
  readonly file: string;
  readonly hash: string;
  readonly manifest: ScriptManifest;
  readonly columns: readonly ColumnName[] | undefined;
  readonly module: GuestModule;

  constructor(parts: Omit<WasmChunk, "engine">) {
    this.name = parts.name;
    this.file = parts.file;
    this.hash = parts.hash;
    this.manifest = parts.manifest;
    this.columns = parts.columns;
    this.module = parts.module;
  }
}
