import { expectNumber, said } from "../core/argument.ts";
import { WorldloomError } from "../core/errors.ts";

/** A colour as `0xrrggbb`. */
export type Colour = number;

/** Levels of light from none to the colour itself. */
const LEVELS = 256;

/** Throws `bad-argument` unless `colour` is a whole number from 0 to 0xffffff. */
export function checkColour(colour: Colour): Colour {
  if (Number.isInteger(colour) && colour >= 0 && colour <= 0xffffff) return colour;
  throw new WorldloomError("bad-argument", `A colour is a whole number from 0 to 0xffffff, not ${said(colour)}.`, {
    colour,
  });
}

/**
 * A colour at each level of light, as opaque pixels of an image. They are made as bytes, so that they are right whatever
 * the order of bytes in a word.
 */
export function rampOf(colour: Colour): Uint32Array<ArrayBuffer> {
  checkColour(colour);
  const bytes = new Uint8Array(4 * LEVELS);
  for (let level = 0; level < LEVELS; level++) {
    const at = 4 * level;
    bytes[at] = lit(colour >>> 16, level);
    bytes[at + 1] = lit((colour >>> 8) & 255, level);
    bytes[at + 2] = lit(colour & 255, level);
    bytes[at + 3] = 255;
  }
  return new Uint32Array(bytes.buffer);
}

/** `colour` towards `other` by `share`, from 0 to 1. */
export function mixColours(colour: Colour, other: Colour, share: number): Colour {
  checkColour(colour);
  checkColour(other);
  expectNumber(share, "share");
  const part = Math.min(1, Math.max(0, share));
  const mixed = (shift: number): number => {
    const from = (colour >>> shift) & 255;
    return Math.floor(from + (((other >>> shift) & 255) - from) * part + 0.5) << shift;
  };
  return mixed(16) | mixed(8) | mixed(0);
}

function lit(channel: number, level: number): number {
  return Math.floor((channel * level) / (LEVELS - 1) + 0.5);
}
