import { badArgument } from "../core/argument.ts";
import { WorldloomError } from "../core/errors.ts";
import type { ChunkContext } from "./chunk-context.ts";
import type { ChunkOf, Term } from "./term.ts";

/** Where the body of a system is that runs chunk by chunk, on any thread: an export of a module. */
export interface SystemModule {
  /** As for `import()`: a `file:` address, best made with `new URL("./drift.ts", import.meta.url).href`. */
  readonly url: string;
  /** The name of the export: a {@link ChunkBody}. */
  readonly export: string;
}

/** The body of a system over one chunk. It sees nothing but its arguments, so that any thread can run it. */
export type ChunkBody<Q extends readonly Term[] = readonly Term[]> = (chunk: ChunkOf<Q>, context: ChunkContext) => void;

const bodies = new Map<string, ChunkBody>();

/** Loads the body into this thread, once. Throws `bad-argument`, `module-failed`. */
export async function loadBody(module: SystemModule): Promise<ChunkBody> {
  const known = bodies.get(keyOf(module));
  if (known !== undefined) return known;
  let exports: Readonly<Record<string, unknown>>;
  try {
    exports = await import(module.url);
  } catch (cause) {
    throw new WorldloomError(
      "module-failed",
      `Module ${module.url} cannot be loaded: ${cause instanceof Error ? cause.message : String(cause)}; mend it, or its address.`,
      { url: module.url },
      cause,
    );
  }
  const body = exports[module.export];
  if (typeof body !== "function") {
    throw new WorldloomError("module-failed", `Module ${module.url} exports no function ${module.export}; export it.`, {
      url: module.url,
      export: module.export,
    });
  }
  bodies.set(keyOf(module), body as ChunkBody);
  return body as ChunkBody;
}

/** The body, if this thread has loaded it. Throws `module-failed`. */
export function bodyOf(module: SystemModule): ChunkBody {
  const body = bodies.get(keyOf(module));
  if (body !== undefined) return body;
  throw new WorldloomError(
    "module-failed",
    `Module ${module.url} is not loaded on this thread; await simulate(...), or loadBody(system.module) first.`,
    { url: module.url, export: module.export },
  );
}

/** Throws `bad-argument` unless it names a module and an export. */
export function checkModule(name: string, module: unknown): void {
  const { url, export: exported } = (module ?? {}) as Partial<SystemModule>;
  if (typeof url === "string" && url !== "" && typeof exported === "string" && exported !== "") return;
  throw badArgument(`module of system ${name}`, module, "{ url, export } with two texts");
}

function keyOf(module: SystemModule): string {
  return `${module.url}\n${module.export}`;
}
