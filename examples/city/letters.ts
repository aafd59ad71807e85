/** Width and height of a letter in dots; one empty column follows. */
export const LETTER_WIDTH = 5;
export const LETTER_HEIGHT = 7;

/** Seven rows of five dots each, a digit to base 32 a row, the highest bit at the left. */
// biome-ignore format: a table
const letters: Readonly<Record<string, string>> = {
  A: "ehhvhhh", B: "uhhuhhu", C: "ehggghe", D: "uhhhhhu", E: "vgguggv", F: "vgguggg", G: "ehgnhhf", H: "hhhvhhh",
  I: "e44444e", J: "72222ic", K: "hikokih", L: "ggggggv", M: "hrllhhh", N: "hpljhhh", O: "ehhhhhe", P: "uhhuggg",
  Q: "ehhhlid", R: "uhhukih", S: "fgge11u", T: "v444444", U: "hhhhhhe", V: "hhhhha4", W: "hhhllrh", X: "hha4ahh",
  Y: "hha4444", Z: "v1248gv", 0: "ehjlphe", 1: "4c4444e", 2: "eh1248v", 3: "v2421he", 4: "26aiv22", 5: "vgu11he",
  6: "68guhhe", 7: "v124888", 8: "ehhehhe", 9: "ehhf12c", ".": "00000cc", ",": "0000c48", "-": "000v000",
  _: "000000v", ":": "0cc0cc0", "/": "01248g0", "%": "op248j3", "(": "2488842", ")": "8422248",
  "+": "044v440", "?": "eh12404",
};

/** Dots that the text is wide. */
export function textWidth(text: string): number {
  return Math.max(0, text.length * (LETTER_WIDTH + 1) - 1);
}

/** Calls `dot` for each dot of the text, which is written in capitals; unknown characters become question marks. */
export function eachDot(text: string, dot: (x: number, y: number) => void): void {
  [...text.toUpperCase()].forEach((character, index) => {
    if (character === " ") return;
    const rows = letters[character] ?? letters["?"]!;
    for (let y = 0; y < LETTER_HEIGHT; y++) {
      const row = Number.parseInt(rows[y]!, 32);
      for (let x = 0; x < LETTER_WIDTH; x++) {
        if (row & (1 << (LETTER_WIDTH - 1 - x))) dot(index * (LETTER_WIDTH + 1) + x, y);
      }
    }
  });
}
