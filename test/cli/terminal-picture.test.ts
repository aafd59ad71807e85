import { describe, expect, test } from "vitest";
import { coloursOf, terminalPicture } from "../../src/cli/terminal-picture.ts";

const BLACK = [0, 0, 0, 255];
const RED = [255, 0, 0, 255];
const WHITE = [255, 255, 255, 255];

/** Two pixels wide and three high. */
const picture = {
  width: 2,
  height: 3,
  rgba: Uint8Array.from([BLACK, WHITE, RED, WHITE, BLACK, WHITE].flat()),
};

describe("a picture in the terminal", () => {
  test("is made of characters without colours, the lighter pixel of two", () => {
    expect(terminalPicture(picture, 0)).toBe("-@\n @");
  });

  test("is made of half blocks with them, and says a colour once", () => {
    expect(terminalPicture(picture, 16_777_216)).toBe(
      "\x1b[38;2;0;0;0;48;2;255;0;0m▀\x1b[38;2;255;255;255;48;2;255;255;255m▀\x1b[0m\n\x1b[38;2;0;0;0m▀\x1b[38;2;255;255;255m▀\x1b[0m",
    );
    expect(terminalPicture({ width: 2, height: 1, rgba: Uint8Array.from([RED, RED].flat()) }, 256)).toBe(
      "\x1b[38;5;196m▀▀\x1b[0m",
    );
  });

  test("may be empty", () => {
    expect(terminalPicture({ width: 0, height: 0, rgba: new Uint8Array(0) }, 256)).toBe("");
  });

  test.each([
    [{}, 0],
    [{ isTTY: false, getColorDepth: () => 24 }, 0],
    [{ isTTY: true }, 0],
    [{ isTTY: true, getColorDepth: () => 1 }, 0],
    [{ isTTY: true, getColorDepth: () => 4 }, 0],
    [{ isTTY: true, getColorDepth: () => 8 }, 256],
    [{ isTTY: true, getColorDepth: () => 24 }, 16_777_216],
  ])("has the colours of %o", (stream, colours) => {
    expect(coloursOf(stream)).toBe(colours);
  });
});
