import { crc32, deflateSync } from "node:zlib";
import { checkPicture, type Picture } from "./image.ts";

const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
/** Colour types. */
const RGB = 2;
const RGBA = 6;

/**
 * A picture as a PNG file. Without transparent pixels there is no alpha channel. Each row has the filter with the smallest sum
 * of differences. The pixels are those of the picture; the bytes of the file depend on the zlib of this Node.
 */
export function encodePng(picture: Picture): Uint8Array {
  checkPicture(picture);
  const { width, height } = picture;
  const channels = isOpaque(picture) ? 3 : 4;
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header[8] = 8;
  header[9] = channels === 3 ? RGB : RGBA;
  const rows = deflateSync(filtered(picture, channels), { level: 6 });
  return Buffer.concat([SIGNATURE, chunk("IHDR", header), chunk("IDAT", rows), chunk("IEND", new Uint8Array())]);
}

function isOpaque({ rgba }: Picture): boolean {
  for (let at = 3; at < rgba.length; at += 4) if (rgba[at] !== 255) return false;
  return true;
}

/** Length, name, content, checksum. */
function chunk(name: string, content: Uint8Array): Uint8Array {
  const bytes = Buffer.alloc(12 + content.length);
  bytes.writeUInt32BE(content.length, 0);
  bytes.write(name, 4, "latin1");
  bytes.set(content, 8);
  bytes.writeUInt32BE(crc32(bytes.subarray(4, 8 + content.length)), 8 + content.length);
  return bytes;
}

const FILTERS = 5;

/** All rows, each after the number of its filter. */
function filtered({ width, height, rgba }: Picture, channels: number): Uint8Array {
  const length = width * channels;
  const all = new Uint8Array(height * (length + 1));
  let above = new Uint8Array(length + channels);
  let row = new Uint8Array(length + channels);
  const tries = Array.from({ length: FILTERS }, () => new Uint8Array(length));
  for (let y = 0; y < height; y++) {
    // `channels` zeros in front stand for what is left of the first pixel.
    for (let x = 0, to = channels; x < width; x++) {
      const from = 4 * (y * width + x);
      for (let channel = 0; channel < channels; channel++) row[to++] = rgba[from + channel]!;
    }
    let [best, least] = [0, Infinity];
    for (let filter = 0; filter < FILTERS; filter++) {
      const sum = applyFilter(filter, row, above, channels, tries[filter]!);
      if (sum < least) [best, least] = [filter, sum];
    }
    all[y * (length + 1)] = best;
    all.set(tries[best]!, y * (length + 1) + 1);
    [above, row] = [row, above];
  }
  return all;
}

/** Writes a row under a filter of PNG (0 none, 1 left, 2 up, 3 average, 4 Paeth); returns the sum of differences. */
function applyFilter(filter: number, row: Uint8Array, above: Uint8Array, channels: number, to: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < to.length; i++) {
    const left = row[i]!;
    const up = above[i + channels]!;
    const guess =
      filter === 0
        ? 0
        : filter === 1
          ? left
          : filter === 2
            ? up
            : filter === 3
              ? (left + up) >> 1
              : paeth(left, up, above[i]!);
    const difference = (row[i + channels]! - guess) & 255;
    to[i] = difference;
    sum += difference < 128 ? difference : 256 - difference;
  }
  return sum;
}

function paeth(left: number, up: number, corner: number): number {
  const sum = left + up - corner;
  const [toLeft, toUp, toCorner] = [Math.abs(sum - left), Math.abs(sum - up), Math.abs(sum - corner)];
  return toLeft <= toUp && toLeft <= toCorner ? left : toUp <= toCorner ? up : corner;
}
