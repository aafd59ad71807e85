import { gltfError, Json } from "./json.ts";

const GLB_MAGIC = 0x46546c67;
const CHUNK_JSON = 0x4e4f534a;
const CHUNK_BIN = 0x004e4942;
const JSON_BYTES_MAX = 2 ** 28;

export interface Container {
  readonly json: Json;
  /** The binary chunk of a `.glb`. */
  readonly binary: Uint8Array | undefined;
}

/** Takes a file apart: `.glb` by its magic number, `.gltf` otherwise. */
export function openContainer(bytes: Uint8Array): Container {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 4 || view.getUint32(0, true) !== GLB_MAGIC) return { json: parse(bytes), binary: undefined };
  if (bytes.length < 20) throw gltfError("The .glb", `is cut off after ${bytes.length} bytes`);
  const version = view.getUint32(4, true);
  if (version !== 2) throw gltfError("The .glb", `has version ${version}; only 2 is read`, { version });
  const length = view.getUint32(8, true);
  if (length > bytes.length)
    throw gltfError("The .glb", `is cut off: ${length} bytes are announced, there are ${bytes.length}`, { length });
  let json: Json | undefined;
  let binary: Uint8Array | undefined;
  for (let at = 12, chunk = 0; at < length; chunk++) {
    const element = `Chunk ${chunk} of the .glb`;
    if (at + 8 > length) throw gltfError(element, "is cut off");
    const size = view.getUint32(at, true);
    const type = view.getUint32(at + 4, true);
    at += 8;
    if (at + size > length) throw gltfError(element, `has ${size} bytes, more than are left`, { bytes: size });
    const content = bytes.subarray(at, at + size);
    if (chunk === 0 && type !== CHUNK_JSON) throw gltfError(element, "is not JSON");
    if (chunk === 0) json = parse(content);
    else if (chunk === 1 && type === CHUNK_BIN) binary = content;
    at += size;
  }
  if (json === undefined) throw gltfError("The .glb", "has no JSON");
  return { json, binary };
}

function parse(bytes: Uint8Array): Json {
  if (bytes.length > JSON_BYTES_MAX) throw gltfError("The JSON", `has ${bytes.length} bytes; at most 2^28 are read`);
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw gltfError("The file", `is neither .glb nor JSON: ${(cause as Error).message}`, {}, cause);
  }
  const json = new Json(value, "");
  const version = json.get("asset").text("version");
  if (!/^2\./.test(version))
    throw gltfError("asset.version", `is ${JSON.stringify(version)}; glTF 2.0 is read, convert older files`, {
      version,
    });
  return json;
}
