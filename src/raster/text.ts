import { expectInstance, expectNumber, expectOptions, expectText, type Known, said } from "../core/argument.ts";
import { WorldloomError } from "../core/errors.ts";
import type { Colour } from "./colour.ts";
import { eachDot, GLYPH_HEIGHT, GLYPH_WIDTH } from "./font.ts";
import { Image } from "./image.ts";

export interface TextOptions {
  /** White by default. */
  readonly colour?: Colour | undefined;
  /** Pixels a dot, a whole number from 1 to {@link TEXT_SCALE_MAX}; 1 by default. */
  readonly scale?: number | undefined;
  /** A plate behind the text, a dot or two larger. */
  readonly background?: Colour | undefined;
  /** Of the plate, 0 to 255; 176 by default. */
  readonly backgroundAlpha?: number | undefined;
  /** Which side of the text x is at: left by default. */
  readonly align?: "left" | "centre" | "right" | undefined;
}

export const TEXT: Known<TextOptions> = {
  colour: true,
  scale: true,
  background: true,
  backgroundAlpha: true,
  align: true,
};

export const TEXT_SCALE_MAX = 64;

/** Rows from one line to the next, in dots. */
const LINE = GLYPH_HEIGHT + 2;

/**
 * Writes text, its upper edge at `y`, in a font of 5 by 8 dots that has the printable characters of ASCII; others become empty
 * boxes. `\n` begins a line. Throws `bad-argument`.
 */
export function drawText(image: Image, x: number, y: number, text: string, options: TextOptions = {}): void {
  expectInstance(image, Image, "image", "an Image");
  expectNumber(x, "x");
  expectNumber(y, "y");
  expectOptions(options, "options", TEXT);
  const { colour = 0xffffff, scale = 1, background, backgroundAlpha = 176, align = "left" } = options;
  const size = textSize(text, scale);
  const shift = align === "left" ? 0 : align === "right" ? size.width : Math.floor(size.width / 2);
  const left = Math.floor(x) - shift;
  const top = Math.floor(y);
  if (background !== undefined) {
    const room = 2 * scale;
    image.fill(left - room, top - room, size.width + 2 * room, size.height + room + scale, background, backgroundAlpha);
  }
  text.split("\n").forEach((line, row) => {
    eachDot(line, (dotX, dotY) =>
      image.fill(left + dotX * scale, top + (row * LINE + dotY) * scale, scale, scale, colour),
    );
  });
}

/** Pixels that a text takes. */
export function textSize(text: string, scale = 1): { readonly width: number; readonly height: number } {
  expectText(text, "text");
  if (!(Number.isInteger(scale) && scale >= 1 && scale <= TEXT_SCALE_MAX)) {
    const message = `The scale of text is a whole number from 1 to ${TEXT_SCALE_MAX}, not ${said(scale)}.`;
    throw new WorldloomError("bad-argument", message, { scale });
  }
  const lines = text.split("\n").map((line) => [...line].length);
  const width = Math.max(0, Math.max(...lines) * (GLYPH_WIDTH + 1) - 1);
  return { width: width * scale, height: ((lines.length - 1) * LINE + GLYPH_HEIGHT) * scale };
}
