import { AnimArena } from "../anim/arena.ts";
import { loadGltf } from "../anim/gltf/load.ts";
import type { Model } from "../anim/model.ts";
import { WorldloomError } from "../core/errors.ts";
import type { Image } from "../raster/image.ts";
import { encodeJpeg } from "../raster/jpeg.ts";
import { encodePng } from "../raster/png.ts";
import { contactSheet } from "../raster/sheet.ts";
import { nearest } from "../script/lint/finding.ts";
import type { Command } from "./command.ts";
import { type Flags, type FlagValues, flagHelp, parseFlags } from "./flags.ts";
import { checkWritable, writeWhole } from "./run-files.ts";
import { coloursOf, terminalPicture } from "./terminal-picture.ts";
import { formatCount, textTable } from "./text.ts";
import { ModelView } from "./view-model.ts";
import { frameOf, type ViewOptions, viewPicture } from "./view-picture.ts";

const flags = {
  out: {
    kind: "file",
    summary: "write the picture to this file, .png or .jpg; without it, it is shown in the terminal",
  },
  clip: { kind: "text", placeholder: "NAME", summary: "the clip that moves the model; at rest without one" },
  time: {
    kind: "number",
    min: 0,
    max: 86_400,
    default: 0,
    summary: "seconds of the clip; past its end it stays there",
  },
  sheet: { kind: "integer", min: 0, max: 100, default: 0, summary: "so many pictures of the whole clip on one sheet" },
  columns: {
    kind: "integer",
    min: 0,
    max: 100,
    default: 0,
    summary: "pictures side by side on a sheet, 0 for a square",
  },
  size: { kind: "text", placeholder: "WxH", summary: "pixels; of each picture on a sheet 200x240", default: "640x640" },
  angle: { kind: "number", min: -360, max: 360, default: 30, summary: "degrees around the model, 0 is in front" },
  elevation: { kind: "number", min: -89, max: 89, default: 12, summary: "degrees above the horizon" },
  skeleton: { kind: "switch", summary: "draw the bones, in front of everything" },
  names: { kind: "switch", summary: "write the names of the joints" },
  boxes: { kind: "switch", summary: "draw a box around what each joint moves" },
  shapes: { kind: "switch", summary: "draw the capsules that rays hit, as HitShapes.ofVertices makes them" },
  info: { kind: "switch", summary: "print what the file holds: skeletons, meshes, clips" },
} as const satisfies Flags;

type Values = FlagValues<typeof flags>;

/** Longest sides in pixels: pictures are drawn twice as large. */
const SIDE_MAX = 2048;
const DEFAULT_SIZE = "640x640";
const SHEET_SIZE = "200x240";

export const view: Command = {
  help: `usage: worldloom view FILE [flags]

FILE is a .glb or .gltf file. Needs the optional package @gltf-transform/core; pictures as .jpg need sharp.

${flagHelp(flags)}

worldloom view hero.glb --info
worldloom view hero.glb --clip walk --time 0.5 --skeleton --out walk.png
worldloom view hero.glb --clip walk --sheet 8 --columns 4 --out sheet.png`,
  async run([file, ...words]) {
    if (file === undefined || file.startsWith("-")) {
      throw new WorldloomError("usage", "Say first which model: worldloom view FILE.glb.", { file });
    }
    const values = parseFlags(flags, words);
    expectUsed(values);
    const options = optionsOf(values);
    if (values.out !== undefined) checkOut(values.out);
    const arena = new AnimArena();
    const model = await loadGltf(file, { arena });
    if (values.info) console.log(about(model));
    for (const warning of model.warnings) console.error(`worldloom: ${file}: ${warning}`);
    if (values.info && values.out === undefined) return;
    const clip = clipOf(model, values);
    const shown = new ModelView(arena, model);
    const image = values.sheet > 0 ? sheetOf(shown, clip!, values, options) : pictureOf(shown, clip, values, options);
    shown.dispose();
    model.dispose();
    if (values.out === undefined) return console.log(inTerminal(image));
    writeWhole(values.out, isJpeg(values.out) ? await encodeJpeg(image, { quality: 90 }) : encodePng(image));
    console.log(`written: ${values.out} (${image.width} x ${image.height})`);
  },
};

/** Flags that would change nothing are not understood. */
function expectUsed({ columns, sheet, time, clip }: Values): void {
  if (columns > 0 && sheet === 0)
    throw new WorldloomError("usage", "--columns is for a sheet; give --sheet N, too, or leave it out.", { columns });
  if (time > 0 && clip === undefined)
    throw new WorldloomError("usage", "--time is a time of a clip; give --clip NAME, too, or leave it out.", { time });
}

function optionsOf(values: Values): ViewOptions {
  const text = values.sheet > 0 && values.size === DEFAULT_SIZE ? SHEET_SIZE : values.size;
  const [, width, height] = /^(\d+)x(\d+)$/.exec(text) ?? [];
  const [wide, high] = [Number(width), Number(height)];
  if (!(wide >= 16 && high >= 16 && wide <= SIDE_MAX && high <= SIDE_MAX)) {
    const message = `--size is a width and a height of 16 to ${SIDE_MAX} pixels, such as ${DEFAULT_SIZE}, not "${text}".`;
    throw new WorldloomError("usage", message, { size: text });
  }
  return { ...values, width: wide, height: high };
}

function checkOut(path: string): void {
  if (!/\.(png|jpe?g)$/i.test(path)) {
    throw new WorldloomError("usage", `--out is a .png or .jpg file, not "${path}".`, { path });
  }
  checkWritable(path);
}

function isJpeg(path: string): boolean {
  return !/\.png$/i.test(path);
}

/** The name of the clip to show. A sheet without one shows the first. */
function clipOf(model: Model, { clip, sheet }: Values): string | undefined {
  const names = [...new Set(model.clips.map(({ name }) => name))];
  if (clip === undefined && sheet === 0) return undefined;
  if (names.length === 0)
    throw new WorldloomError("usage", `"${model.name}" has no clips; leave out --clip and --sheet.`);
  if (clip === undefined) return names[0];
  if (names.includes(clip)) return clip;
  const near = nearest(clip, names);
  const which = near === undefined ? "" : ` Did you mean ${near}?`;
  throw new WorldloomError("usage", `"${model.name}" has no clip "${clip}"; it has ${names.join(", ")}.${which}`, {
    clip,
    names,
  });
}

function pictureOf(shown: ModelView, clip: string | undefined, { time }: Values, options: ViewOptions): Image {
  const model = shown.pose(clip, time);
  const caption = clip === undefined ? "at rest" : `${clip}  ${Math.min(time, durationOf(shown, clip)).toFixed(2)} s`;
  return viewPicture(model, frameOf([model]), caption, options);
}

/** Pictures from the first to the last moment of a clip, all from the same place. */
function sheetOf(shown: ModelView, clip: string, { sheet, columns }: Values, options: ViewOptions): Image {
  const duration = durationOf(shown, clip);
  const times = Array.from({ length: sheet }, (_, i) => (sheet === 1 ? 0 : (i * duration) / (sheet - 1)));
  const models = times.map((time) => shown.pose(clip, time));
  const frame = frameOf(models);
  const pictures = models.map((model, i) => viewPicture(model, frame, `${times[i]!.toFixed(2)} s`, options));
  return contactSheet(pictures, { gap: 4, ...(columns > 0 && { columns }) });
}

function durationOf({ model }: ModelView, clip: string): number {
  return Math.max(...model.clips.filter(({ name }) => name === clip).map(({ duration }) => duration));
}

/** Widest picture in a terminal, in characters. */
const TERMINAL_SIDE = 96;

function inTerminal(image: Image): string {
  const most = Math.min(TERMINAL_SIDE, (process.stdout.columns || 80) - 1);
  const by = Math.max(1, Math.ceil(Math.max(image.width, image.height) / most));
  const [width, height] = [Math.floor(image.width / by) * by, Math.floor(image.height / by) * by];
  return terminalPicture(image.crop(width, height).shrink(by), coloursOf(process.stdout));
}

function about({ name, skeletons, meshes, clips }: Model): string {
  const parts = [
    `${name}: ${count(skeletons, "skeleton")}, ${count(meshes, "mesh", "meshes")}, ${count(clips, "clip")}`,
  ];
  if (skeletons.length > 0) {
    const rows = skeletons.map((one) => [one.name, formatCount(one.count), one.names.slice(0, 4).join(", ")]);
    parts.push(textTable(["skeleton", "joints", "first joints"], rows));
  }
  if (meshes.length > 0) {
    const rows = meshes.map((mesh) => [
      mesh.name,
      formatCount(mesh.positions.length / 3),
      formatCount(mesh.indices.length / 3),
      mesh.skin === undefined ? "" : formatCount(mesh.skin.count),
      mesh.skin === undefined ? "" : formatCount(mesh.influences),
      mesh.morphTargets.length === 0 ? "" : formatCount(mesh.morphTargets.length),
    ]);
    parts.push(textTable(["mesh", "vertices", "triangles", "joints", "influences", "morphs"], rows));
  }
  if (clips.length > 0) {
    const rows = clips.map((clip) => [
      clip.name,
      clip.skeleton.name,
      `${clip.duration.toFixed(2)} s`,
      formatCount(clip.frameCount),
      formatCount(clip.rate),
      String(clip.events.length || ""),
    ]);
    parts.push(textTable(["clip", "skeleton", "duration", "frames", "frames/s", "events"], rows));
  }
  return parts.join("\n\n");
}

function count(list: readonly unknown[], one: string, many = `${one}s`): string {
  return `${formatCount(list.length)} ${list.length === 1 ? one : many}`;
}
