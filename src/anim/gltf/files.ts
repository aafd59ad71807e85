import { readFile, realpath, stat } from "node:fs/promises";
import { dirname, join, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { badArgument } from "../../core/argument.ts";
import { WorldloomError } from "../../core/errors.ts";
import { gltfError } from "./json.ts";

/** Bytes of a file, or of a buffer that is in one. */
export const FILE_BYTES_MAX: number = 2 ** 30;

/** A model's file, and the folder that its buffers may be in. */
export interface GltfSource {
  readonly bytes: Uint8Array;
  /** Undefined where there is none: then all buffers must be inside the file. */
  readonly folder: string | undefined;
  readonly name: string;
}

/** Reads a `.gltf` or `.glb` file; bytes are taken as they are. */
export async function readSource(
  source: string | { readonly href: string } | Uint8Array,
  folder?: string,
): Promise<GltfSource> {
  if (source instanceof Uint8Array) return { bytes: source, folder, name: "model" };
  if (typeof source !== "string" && typeof source?.href !== "string")
    throw badArgument("source", source, "a path, a URL or bytes");
  const path = typeof source === "string" ? source : pathOf(source);
  const bytes = await readBytes(path, path);
  const name = path.split(/[\\/]/).at(-1)!;
  return { bytes, folder: folder ?? dirname(path), name: name.replace(/\.(gltf|glb)$/i, "") };
}

function pathOf(source: { readonly href: string }): string {
  const href = source?.href;
  try {
    if (/^file:/.test(href)) return fileURLToPath(href);
  } catch {
    // Of another machine, or of no path that there can be.
  }
  throw new WorldloomError("bad-argument", `${href ?? source} is not a path, a file: URL or bytes; read it first.`, {
    source,
  });
}

/** The bytes that a URI stands for: inside it (`data:`), or a file in `folder` or below. */
export async function readUri(uri: string, folder: string | undefined, element: string): Promise<Uint8Array> {
  if (/^data:/i.test(uri)) return embedded(uri, element);
  const path = insideFolder(uri, element);
  if (folder === undefined)
    throw gltfError(element, `names the file ${shown(uri)}, but the model has no folder; pass folder, or embed it`);
  const root = await real(folder, element);
  const file = await real(join(root, ...path), element);
  if (!file.startsWith(root.endsWith(sep) ? root : root + sep))
    throw gltfError(element, `names ${shown(uri)}, which leads out of the folder of the file`);
  return readBytes(file, element);
}

/** The parts of a path, decoded, none of which leads up or out. */
function insideFolder(uri: string, element: string): string[] {
  let decoded: string;
  try {
    decoded = decodeURIComponent(uri);
  } catch (cause) {
    throw gltfError(element, `is ${shown(uri)}, which is not percent-encoded as URIs are`, {}, cause);
  }
  const parts = decoded.split("/").filter((part) => part !== ".");
  const outside =
    /^[a-z][a-z0-9+.-]*:/i.test(decoded) ||
    /[\\\0]/.test(decoded) ||
    parts.length === 0 ||
    parts.some((part) => part === "" || part === "..");
  if (outside)
    throw gltfError(element, `names ${shown(uri)}; only data: and files in the folder of the model or below are read`);
  return parts;
}

function embedded(uri: string, element: string): Uint8Array {
  const comma = uri.indexOf(",");
  if (comma < 0 || !/;base64$/i.test(uri.slice(0, comma))) throw gltfError(element, "is a data: URI without base64");
  const text = uri.slice(comma + 1);
  if (text.length > FILE_BYTES_MAX) throw gltfError(element, `is longer than ${FILE_BYTES_MAX} characters`);
  if (!/^[A-Za-z0-9+/_-]*={0,2}$/.test(text)) throw gltfError(element, "is not base64");
  return new Uint8Array(Buffer.from(text, "base64"));
}

async function real(path: string, element: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (cause) {
    throw new WorldloomError("file-io", `Cannot find ${path}, which ${element} names.`, { path, element }, cause);
  }
}

async function readBytes(path: string, element: string): Promise<Uint8Array> {
  let found: { isFile(): boolean; size: number };
  try {
    found = await stat(path);
    if (found.isFile() && found.size <= FILE_BYTES_MAX) return new Uint8Array(await readFile(path));
  } catch (cause) {
    throw new WorldloomError("file-io", `Cannot read ${path}: ${(cause as Error).message}.`, { path }, cause);
  }
  if (!found.isFile()) throw new WorldloomError("file-io", `${path} is not a file.`, { path });
  throw gltfError(element, `has ${found.size} bytes; at most ${FILE_BYTES_MAX} are read`, { bytes: found.size });
}

function shown(uri: string): string {
  return JSON.stringify(uri.length > 80 ? `${uri.slice(0, 80)}...` : uri);
}
