import type { Picture } from "../raster/image.ts";

/** Colours that a terminal has; none means that it is no terminal, or wants none. */
export type Colours = 0 | 256 | 16_777_216;

/** How many colours a stream takes, as Node finds out from the environment (TERM, COLORTERM, NO_COLOR, FORCE_COLOR). */
export function coloursOf(stream: { readonly isTTY?: boolean; getColorDepth?(): number }): Colours {
  const bits = stream.isTTY === true ? (stream.getColorDepth?.() ?? 1) : 1;
  return bits >= 24 ? 16_777_216 : bits >= 8 ? 256 : 0;
}

/**
 * An image as lines of text, a pixel as wide as a character and half as high: half blocks in colours, or one of ten
 * characters by lightness, the lighter pixel of two. An odd last row has nothing below it.
 */
export function terminalPicture({ width, height, rgba }: Picture, colours: Colours): string {
  const lines: string[] = [];
  for (let y = 0; y < height; y += 2) {
    let line = "";
    let before = "";
    for (let x = 0; x < width; x++) {
      const upper = 4 * (y * width + x);
      const lower = y + 1 < height ? upper + 4 * width : -1;
      if (colours === 0) {
        line += shade(Math.max(lightness(rgba, upper), lower < 0 ? 0 : lightness(rgba, lower)));
        continue;
      }
      const codes = `\x1b[38;${colour(rgba, upper, colours)}${lower < 0 ? "" : `;48;${colour(rgba, lower, colours)}`}m`;
      line += codes === before ? "▀" : `${codes}▀`;
      before = codes;
    }
    lines.push(colours === 0 ? line.trimEnd() : `${line}\x1b[0m`);
  }
  return lines.join("\n");
}

const SHADES = " .:-=+*#%@";

function shade(light: number): string {
  return SHADES[Math.min(SHADES.length - 1, Math.floor(light * SHADES.length))]!;
}

/** From 0 to 1, about as the eye has it: green counts most. */
function lightness(rgba: Uint8Array, at: number): number {
  return (0.3 * rgba[at]! + 0.59 * rgba[at + 1]! + 0.11 * rgba[at + 2]!) / 255;
}

function colour(rgba: Uint8Array, at: number, colours: Colours): string {
  const [red, green, blue] = [rgba[at]!, rgba[at + 1]!, rgba[at + 2]!];
  if (colours > 256) return `2;${red};${green};${blue}`;
  const grey = Math.max(red, green, blue) - Math.min(red, green, blue) < 24;
  if (grey) return `5;${232 + Math.min(23, Math.floor(green / 11))}`;
  const step = (value: number): number => Math.max(0, Math.floor((value - 35) / 40));
  return `5;${16 + 36 * step(red) + 6 * step(green) + step(blue)}`;
}
