import { expectOptions, type Known, said } from "../core/argument.ts";
import { WorldloomError } from "../core/errors.ts";
import { peerMissing } from "../core/peer.ts";
import { checkPicture, type Picture } from "./image.ts";

export interface JpegOptions {
  /** 1 to 100; 85 by default. */
  readonly quality?: number;
}

const KNOWN: Known<JpegOptions> = { quality: true };

/** What is used of sharp, so that no types of it are needed. */
interface Sharp {
  readonly default: (
    pixels: Uint8Array,
    options: { readonly raw: { readonly width: number; readonly height: number; readonly channels: 4 } },
  ) => {
    removeAlpha(): { jpeg(options: { readonly quality: number }): { toBuffer(): Promise<Uint8Array> } };
  };
}

const SHARP = "sharp";

/**
 * A picture as a JPEG file, by the optional package sharp: `peer-missing` says how to install it. Alpha is left out. The
 * bytes depend on its version. Throws `bad-argument`.
 */
export async function encodeJpeg(
  picture: Picture,
  options: JpegOptions = {},
  load: () => Promise<unknown> = importSharp,
): Promise<Uint8Array> {
  checkPicture(picture);
  expectOptions(options, "options", KNOWN);
  const { quality = 85 } = options;
  if (!(Number.isInteger(quality) && quality >= 1 && quality <= 100)) {
    throw new WorldloomError("bad-argument", `JPEG quality is a whole number from 1 to 100, not ${said(quality)}.`, {
      quality,
    });
  }
  let sharp: Sharp;
  try {
    sharp = (await load()) as Sharp;
  } catch (cause) {
    throw peerMissing("JPEG files are written", [SHARP], cause);
  }
  const { width, height, rgba } = picture;
  return sharp
    .default(rgba, { raw: { width, height, channels: 4 } })
    .removeAlpha()
    .jpeg({ quality })
    .toBuffer();
}

function importSharp(): Promise<unknown> {
  // By a variable: the compiler must not ask for types of what may not be there.
  return import(SHARP);
}
