import { peerMissing } from "../core/peer.ts";

/** An image: four bytes a pixel (red, green, blue, alpha), row by row. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly rgba: Uint8Array;
}

/** What is used of pngjs, which brings no types. */
interface Pngjs {
  readonly PNG: { readonly sync: { write(image: { width: number; height: number; data: Buffer }): Buffer } };
}

const PNGJS = "pngjs";

/** Loads the PNG writer: the optional package pngjs. `peer-missing` says how to install it. */
export async function loadPngWriter(
  load: () => Promise<unknown> = importPngjs,
): Promise<(picture: Picture) => Uint8Array> {
  let pngjs: Pngjs;
  try {
    pngjs = (await load()) as Pngjs;
  } catch (cause) {
    throw peerMissing("Pictures are written", [PNGJS], cause);
  }
  return ({ width, height, rgba }) => {
    const data = Buffer.from(rgba.buffer, rgba.byteOffset, rgba.byteLength);
    return pngjs.PNG.sync.write({ width, height, data });
  };
}

function importPngjs(): Promise<unknown> {
  // By a variable: the compiler must not ask for types that do not exist.
  return import(PNGJS);
}
