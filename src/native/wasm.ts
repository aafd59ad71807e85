/**
 * The part of the WebAssembly JavaScript API that Worldloom uses. Declared here because neither
 * the ECMAScript nor the Node typings have it, and the browser's must not be forced on users.
 */
export interface WasmMemory {
  readonly buffer: ArrayBufferLike;
  /** Adds `pages` of 64 KiB and returns the old size in pages. */
  grow(pages: number): number;
}

export interface WasmApi {
  readonly Memory: new (limits: { initial: number; maximum: number; shared?: boolean }) => WasmMemory;
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => object;
  readonly Instance: new (
    module: object,
    imports: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
  ) => { readonly exports: Readonly<Record<string, unknown>> };
  readonly Global: new (type: { value: string; mutable: boolean }, value: number) => { value: number };
  /** Whether the bytes are a module that this engine can compile. */
  validate(bytes: Uint8Array<ArrayBuffer>): boolean;
}

export const wasm: WasmApi = (globalThis as unknown as { WebAssembly: WasmApi }).WebAssembly;
