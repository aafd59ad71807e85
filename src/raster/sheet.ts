import { expectList, expectOptions, expectText, type Known, said } from "../core/argument.ts";
import { WorldloomError } from "../core/errors.ts";
import type { Colour } from "./colour.ts";
import { checkPicture, Image, type Picture } from "./image.ts";
import { drawText, textSize } from "./text.ts";

export interface SheetOptions {
  /** Pictures side by side; by default as many as make the sheet about square. */
  readonly columns?: number;
  /** Pixels between pictures and around them; 8 by default. */
  readonly gap?: number;
  /** A line under each picture. */
  readonly labels?: readonly string[];
  readonly background?: Colour;
  readonly colour?: Colour;
  /** Pixels a dot of the labels; 1 by default. */
  readonly scale?: number;
}

const KNOWN: Known<SheetOptions> = {
  columns: true,
  gap: true,
  labels: true,
  background: true,
  colour: true,
  scale: true,
};

/** Pictures in rows, from left to right. They may have different sizes: each gets the room of the largest. Throws `bad-argument`. */
export function contactSheet(pictures: readonly Picture[], options: SheetOptions = {}): Image {
  expectList(pictures, "pictures");
  expectOptions(options, "options", KNOWN);
  const { gap = 8, labels = [], background = 0x14161b, colour = 0xd8dce4, scale = 1 } = options;
  expectList(labels, "options.labels");
  for (const label of labels) if (label !== undefined) expectText(label, "each of options.labels");
  for (const picture of pictures) checkPicture(picture);
  if (pictures.length === 0) throw refused("A contact sheet needs at least one picture.", {});
  const columns = options.columns ?? Math.ceil(Math.sqrt(pictures.length));
  if (!Number.isInteger(columns) || columns < 1) {
    throw refused(`A contact sheet has one or more columns, not ${said(columns)}.`, { columns });
  }
  if (!Number.isInteger(gap) || gap < 0) throw refused(`The gap is 0 or more whole pixels, not ${said(gap)}.`, { gap });
  const width = Math.max(...pictures.map((picture) => picture.width));
  const height = Math.max(...pictures.map((picture) => picture.height));
  const line = labels.length === 0 ? 0 : textSize("", scale).height + 4 * scale;
  const wide = Math.min(columns, pictures.length);
  const sheet = new Image(
    wide * (width + gap) + gap,
    Math.ceil(pictures.length / wide) * (height + line + gap) + gap,
    background,
  );
  pictures.forEach((picture, index) => {
    const x = gap + (index % wide) * (width + gap);
    const y = gap + Math.floor(index / wide) * (height + line + gap);
    sheet.draw(picture, x, y);
    const label = labels[index];
    if (label === undefined) return;
    drawText(sheet, x + Math.floor(width / 2), y + height + 3 * scale, label, { colour, scale, align: "centre" });
  });
  return sheet;
}

function refused(message: string, operands: Record<string, unknown>): WorldloomError {
  return new WorldloomError("bad-argument", message, operands);
}
