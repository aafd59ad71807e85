import { afterAll, describe, expect, it } from "vitest";
import * as anim from "../../src/anim.ts";
import { AssertionError, WorldloomError } from "../../src/core/errors.ts";
import { animCalls } from "./misuse-anim.ts";
import { type Call, rasterCalls } from "./misuse-raster.ts";
import {
  arena,
  batch,
  begun,
  clip,
  foreign,
  good,
  mask,
  other,
  palettes,
  poses,
  skeleton,
  skinner,
  targets,
  WRONG,
} from "./misuse-stage.ts";

/*
 * Every public function with each argument, each part of its options and the first of each list replaced by what is wrong: of another kind,
 * out of range, unknown, gone or of another arena. It goes well or throws an error with a code; nothing takes long, asks for more memory
 * than there is, or leaves a block behind. See LEFT_OUT for what is not asked, and why.
 */

afterAll(() => {
  skinner.dispose();
  for (const one of [batch, poses, palettes, mask, good.model, good.skin, good.mesh, good.pose]) one.dispose();
  for (const one of [foreign.model, foreign.skin, foreign.mesh, foreign.pose]) one.dispose();
  expect([arena.live, other.live]).toEqual([PENDING_ANIMATIONS, 0]);
});
/** Batches of the animation that stands for one in the table. */
const PENDING_ANIMATIONS = 5;

describe("what is wrong is refused with a code", () => {
  it.each([...animCalls, ...rasterCalls])("%s", async (...given) => {
    const [name, call, ...args] = given as unknown as Call;
    const strange: string[] = [];
    const attempt = async (what: string, list: readonly unknown[]) => {
      const before = [arena.live, other.live];
      try {
        await call(...(list as never[]));
      } catch (cause) {
        if (!(cause instanceof WorldloomError)) strange.push(`${what}: ${String(cause)}`);
      }
      expect([what, arena.live, other.live]).toEqual([what, ...before]);
    };
    if (name !== "loadGltf") await attempt("as it is", args);
    for (const wrong of WRONG)
      for (const [place, list] of replacements(args, wrong)) await attempt(`${place} ${show(wrong)}`, list);
    expect(strange).toEqual([]);
  });
});

/** Small functions of numbers, run for each joint, vertex or event in the loops of who calls them: they check nothing. */
const LEFT_OUT: readonly (keyof typeof anim)[] = [
  "addMorphWeights",
  "affineOf",
  "blendAlong",
  "blendOn",
  "composeMotions",
  "crossEvents",
  "decompose",
  "invertMotion",
  "multiplyAffine",
  "placeFrame",
  "playbackTime",
  "repeatMotion",
  "socketMatrix",
  "transformDirection",
  "transformPoint",
  "updateDue",
  "wrapTime",
];

/** They take nothing. */
const PLAIN: readonly (keyof typeof anim)[] = ["blendWeights", "decomposed", "emptyHit", "motion"];

/** Made by others, or components and events of a world, which ecs checks. */
const MADE: readonly (keyof typeof anim)[] = ["AnimationEvent", "CharacterPoses", "Plays", "RootMoved", "Socket"];

it("all that is public is in the table, or is left out for a reason", () => {
  const text = animCalls.map(([name, call]) => `${name} ${String(call)}`).join(" ");
  const named = new Set(text.match(/[A-Za-z]+/g));
  const reached = new Set<string>([...named, ...LEFT_OUT, ...PLAIN, ...MADE, "AnimAssets"]);
  expect(Object.keys(anim).filter((name) => !reached.has(name))).toEqual([]);
});

describe("bugs of the caller are assertions", () => {
  it.each<[name: string, text: RegExp, call: () => unknown]>([
    ["a layer before a character", /gets a character before its layers/, () => batch.begin().layer()],
    ["a clip before a layer", /gets a layer before/, () => batch.begin().character(skeleton, {}).clip(clip, 0)],
    ["inverse kinematics before a character", /gets a character before/, () => batch.begin().lookAt({} as anim.LookAt)],
    [
      "a block that is released twice",
      /released as often as it is held/,
      () => {
        const block = arena.allocate(100);
        arena.release(block);
        arena.release(block);
      },
    ],
  ])("%s", (_, text, call) => {
    const live = arena.live;
    expect(call).toThrow(AssertionError);
    expect(call).toThrow(text);
    expect(arena.live).toBe(live);
  });
});

it("messages name the argument and what it should be", () => {
  const none = undefined as never;
  const refused: [() => unknown, string][] = [
    [() => begun().clip(none, 0), "clip must be a Clip, not undefined."],
    [() => begun().clip(skeleton as never, 0), "clip must be a Clip, not a Skeleton."],
    [() => batch.begin().character(null as never, {}), "skeleton must be a Skeleton, not null."],
    [() => new anim.HitTargets(none, poses), "shapes must be HitShapes, not undefined."],
    [
      () => targets.raycast({ origin: [0, 0, 0], direction: none }),
      "ray.direction must be three numbers, not undefined.",
    ],
    [() => anim.compressClip(clip, { error: "x" as never }), 'options.error must be a number, not "x".'],
  ];
  for (const [call, text] of refused) {
    expect(call).toThrow(text);
    expect(call).toThrow(WorldloomError);
  }
});

it("a batch takes characters of its own arena", () => {
  expect(() => batch.begin().character(foreign.skeleton, {})).toThrow(
    /is in another arena; make the batch in the arena/,
  );
});

function show(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(show)}]`;
  return typeof value === "object" && value !== null ? Object.prototype.toString.call(value) : String(value);
}

/** The arguments with `wrong` in the place of each of them, of each part of those that are options, and of the first in each list. */
function replacements(args: readonly unknown[], wrong: unknown): [place: string, args: readonly unknown[]][] {
  return args.flatMap((arg, i) =>
    partsOf(arg, wrong, 2).map(([place, by]): [string, readonly unknown[]] => [
      `argument ${i}${place}`,
      args.with(i, by),
    ]),
  );
}

function partsOf(value: unknown, wrong: unknown, depth: number): [place: string, by: unknown][] {
  const all: [string, unknown][] = [["", wrong]];
  if (depth < 0) return all;
  if (Array.isArray(value) && value.length > 0)
    for (const [place, by] of partsOf(value[0], wrong, depth - 1)) all.push([`[0]${place}`, value.with(0, by)]);
  if (typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype)
    for (const [key, part] of Object.entries(value))
      for (const [place, by] of partsOf(part, wrong, depth - 1)) all.push([`.${key}${place}`, { ...value, [key]: by }]);
  return all;
}
