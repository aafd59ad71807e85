import type { Json } from "./json.ts";

/** Extensions that a file may require: they change pictures only, or are read. */
const READABLE =
  /^(KHR_mesh_quantization|(KHR|EXT|MSFT|ADOBE)_(materials?|texture|lights?|xmp)_?\w*|KHR_(animation_pointer|node_visibility|node_selectability|node_hoverability))$/;
const PACKED = /draco|meshopt/i;

/** Throws `gltf-input` when the file requires an extension without which its meshes or animations cannot be read. */
export function expectReadable(json: Json): void {
  for (const entry of json.list("extensionsRequired")) {
    const name = String(entry.value);
    if (READABLE.test(name)) continue;
    const advice = PACKED.test(name)
      ? `write the file without it (gltf-transform copy, or the exporter's setting for compression)`
      : `write the file without it`;
    throw entry.refuse(`is ${name.slice(0, 80)}, which is not read; ${advice}`, { extension: name });
  }
}
