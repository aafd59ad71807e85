import { badArgument, expectInstance, expectNumber, expectOptions, said } from "../core/argument.ts";
import { WorldloomError } from "../core/errors.ts";
import { type Colour, checkColour } from "./colour.ts";

/** An image: four bytes a pixel (red, green, blue, alpha), row by row from the top. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly rgba: Uint8Array;
}

/** Largest width and height of an image, and the most pixels that it may have. */
export const IMAGE_SIDE_MAX = 16_384;
export const IMAGE_PIXELS_MAX: number = 2 ** 26;

/** A picture that can be drawn to. Coordinates are pixels from the upper left corner; what lies outside is left out. */
export class Image implements Picture {
  readonly width: number;
  readonly height: number;
  readonly rgba: Uint8Array<ArrayBuffer>;
  /** The same memory, a word a pixel. */
  readonly pixels: Uint32Array<ArrayBuffer>;

  /** All of one opaque colour, black unless said otherwise. Throws `bad-argument` for sizes beyond the limits. */
  constructor(width: number, height: number, colour: Colour = 0) {
    checkSize(width, height);
    this.width = width;
    this.height = height;
    this.rgba = new Uint8Array(4 * width * height);
    this.pixels = new Uint32Array(this.rgba.buffer);
    this.clear(colour);
  }

  /** Gives all pixels one colour; `alpha` is 0 (transparent) to 255 (opaque). */
  clear(colour: Colour, alpha = 255): void {
    this.pixels.fill(pixelOf(colour, alpha));
  }

  /** A rectangle, laid over what is there. */
  fill(x: number, y: number, width: number, height: number, colour: Colour, alpha = 255): void {
    expectNumber(x, "x");
    expectNumber(y, "y");
    expectNumber(width, "width");
    expectNumber(height, "height");
    const left = Math.max(0, Math.floor(x));
    const right = Math.min(this.width, Math.floor(x) + Math.floor(width));
    const bottom = Math.min(this.height, Math.floor(y) + Math.floor(height));
    const pixel = pixelOf(colour, alpha);
    for (let row = Math.max(0, Math.floor(y)); row < bottom; row++) {
      if (alpha === 255 && right > left) this.pixels.fill(pixel, row * this.width + left, row * this.width + right);
      else for (let column = left; column < right; column++) this.blend(column, row, colour, alpha);
    }
  }

  /** Lays a colour over one pixel: whole numbers, rounded to the nearest. */
  blend(x: number, y: number, colour: Colour, alpha = 255): void {
    checkPixel(x, y, colour, alpha);
    if (!(x >= 0 && y >= 0 && x < this.width && y < this.height)) return;
    const at = 4 * (Math.floor(y) * this.width + Math.floor(x));
    over(this.rgba, at, colour >>> 16, (colour >>> 8) & 255, colour & 255, alpha);
  }

  /** Lays a picture over this one, its upper left corner at (x, y). */
  draw(picture: Picture, x: number, y: number): void {
    checkPicture(picture);
    expectNumber(x, "x");
    expectNumber(y, "y");
    const { rgba } = picture;
    const [left, top] = [Math.floor(x), Math.floor(y)];
    const from = Math.max(0, -left);
    const to = Math.min(picture.width, this.width - left);
    for (let row = Math.max(0, -top); row < Math.min(picture.height, this.height - top); row++) {
      for (let column = from; column < to; column++) {
        const source = 4 * (row * picture.width + column);
        const at = 4 * ((top + row) * this.width + left + column);
        over(this.rgba, at, rgba[source]!, rgba[source + 1]!, rgba[source + 2]!, rgba[source + 3]!);
      }
    }
  }

  /** A copy of the upper left part. Throws `bad-argument` if it is larger than the image. */
  crop(width: number, height: number): Image {
    checkSize(width, height);
    if (width > this.width || height > this.height) {
      const message = `An image of ${this.width} x ${this.height} has no part of ${width} x ${height}.`;
      throw new WorldloomError("bad-argument", message, { width, height });
    }
    const part = new Image(width, height);
    for (let row = 0; row < height; row++) {
      part.pixels.set(this.pixels.subarray(row * this.width, row * this.width + width), row * width);
    }
    return part;
  }

  /**
   * A smaller image: `by` times `by` pixels become one, their average. What is drawn larger and shrunk has smooth edges.
   * Throws `bad-argument` unless width and height are multiples of `by`.
   */
  shrink(by: number): Image {
    const { width, height, rgba } = this;
    if (!Number.isInteger(by) || by < 1 || width % by !== 0 || height % by !== 0) {
      const message = `An image of ${width} x ${height} cannot be shrunk by ${said(by)}: both must be multiples of it.`;
      throw new WorldloomError("bad-argument", message, { width, height, by });
    }
    const small = new Image(width / by, height / by);
    const half = (by * by) >> 1;
    for (let y = 0; y < small.height; y++) {
      for (let x = 0; x < small.width; x++) {
        const at = 4 * (y * small.width + x);
        let [red, green, blue, alpha] = [half, half, half, half] as [number, number, number, number];
        for (let row = y * by; row < (y + 1) * by; row++) {
          for (let from = 4 * (row * width + x * by), end = from + 4 * by; from < end; from += 4) {
            red += rgba[from]!;
            green += rgba[from + 1]!;
            blue += rgba[from + 2]!;
            alpha += rgba[from + 3]!;
          }
        }
        small.rgba[at] = red / (by * by);
        small.rgba[at + 1] = green / (by * by);
        small.rgba[at + 2] = blue / (by * by);
        small.rgba[at + 3] = alpha / (by * by);
      }
    }
    return small;
  }
}

/** Throws `bad-argument` unless an image can be so large. */
function checkSize(width: number, height: number): void {
  for (const side of [width, height]) {
    if (Number.isInteger(side) && side >= 1 && side <= IMAGE_SIDE_MAX) continue;
    const message = `An image is 1 to ${IMAGE_SIDE_MAX} pixels wide and high, not ${said(width)} x ${said(height)}.`;
    throw new WorldloomError("bad-argument", message, { width, height });
  }
  if (width * height <= IMAGE_PIXELS_MAX) return;
  const message = `An image has at most ${IMAGE_PIXELS_MAX} pixels; ${width} x ${height} are more.`;
  throw new WorldloomError("bad-argument", message, { width, height });
}

/** Throws `bad-argument` unless a picture has as many bytes as its size says. */
export function checkPicture(picture: Picture): void {
  expectOptions(picture, "picture");
  const { width, height, rgba } = picture;
  expectInstance(rgba, Uint8Array, "picture.rgba", "a Uint8Array");
  checkSize(width, height);
  if (rgba.length === 4 * width * height) return;
  const message = `A picture of ${width} x ${height} has ${4 * width * height} bytes of rgba, not ${rgba.length}.`;
  throw new WorldloomError("bad-argument", message, { width, height, bytes: rgba.length });
}

/** The word whose bytes in memory are red, green, blue, alpha. */
/** For each pixel: nothing is made. */
function checkPixel(x: number, y: number, colour: Colour, alpha: number): void {
  if (typeof x !== "number" || typeof y !== "number")
    throw badArgument("x and y", typeof x === "number" ? y : x, "numbers");
  if (typeof colour !== "number") throw badArgument("colour", colour, "a number");
  if (typeof alpha !== "number") throw badArgument("alpha", alpha, "a number");
}

function pixelOf(colour: Colour, alpha: number): number {
  checkColour(colour);
  if (!(Number.isInteger(alpha) && alpha >= 0 && alpha <= 255)) {
    throw new WorldloomError("bad-argument", `Alpha is a whole number from 0 to 255, not ${said(alpha)}.`, { alpha });
  }
  bytes[0] = colour >>> 16;
  bytes[1] = colour >>> 8;
  bytes[2] = colour;
  bytes[3] = alpha;
  return word[0]!;
}

const bytes = new Uint8Array(4);
const word = new Uint32Array(bytes.buffer);

/** One colour over the pixel at byte `at`. */
function over(rgba: Uint8Array, at: number, red: number, green: number, blue: number, alpha: number): void {
  const below = rgba[at + 3]! * (255 - alpha);
  const sum = 255 * alpha + below;
  if (sum === 0) return;
  const above = 255 * alpha;
  rgba[at] = Math.floor((red * above + rgba[at]! * below) / sum + 0.5);
  rgba[at + 1] = Math.floor((green * above + rgba[at + 1]! * below) / sum + 0.5);
  rgba[at + 2] = Math.floor((blue * above + rgba[at + 2]! * below) / sum + 0.5);
  rgba[at + 3] = Math.floor(sum / 255 + 0.5);
}
