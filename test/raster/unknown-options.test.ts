import { expect, test } from "vitest";
import * as raster from "../../src/raster.ts";
import { ball, drawn } from "./picture.ts";

const image = new raster.Image(64, 48, 0);
const scene = new raster.Scene3d(image, raster.camera({ eye: [0, 0, 5], target: [0, 0, 0] }));
const matrix = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0];

/** What is called, what the message says of the first word, and options that are right without it. */
const calls: readonly [what: string, said: string, call: (given: never) => unknown, options?: object][] = [
  [
    "contactSheet",
    "label in options; there are columns, gap, labels, background, colour, scale.",
    (o) => raster.contactSheet([image], o),
  ],
  ["encodeJpeg", "qualtiy in options; there are quality.", (o) => raster.encodeJpeg(image, o)],
  [
    "drawText",
    "color in options; there are colour, scale, background, backgroundAlpha, align.",
    (o) => raster.drawText(image, 0, 0, "text", o),
  ],
  [
    "camera",
    "fov in options; there are eye, target, up, fieldOfView, height, near.",
    (o) => raster.camera(o),
    { eye: [0, 0, 5], target: [0, 0, 0] },
  ],
  [
    "frameBox",
    "yaw in options; there are width, height, angle, elevation, fieldOfView, margin.",
    (o) => raster.frameBox([0, 0, 0], [1, 1, 1], o),
    { width: 64, height: 48 },
  ],
  [
    "framePoints",
    "yaw in options; there are width, height, angle, elevation, fieldOfView, margin.",
    (o) => raster.framePoints([0, 0, 0, 1, 1, 1], o),
    { width: 64, height: 48 },
  ],
  [
    "drawMesh",
    "color in mesh; there are positions, normals, indices, colour, colours, matrix, lit",
    (m) => scene.drawMesh(m),
    ball(8),
  ],
  [
    "drawLines",
    "width in lines; there are positions, indices, colour, thickness, matrix.",
    (lines) => scene.drawLines(lines),
    { positions: [0, 0, 0, 1, 1, 1] },
  ],
  [
    "drawDots",
    "radius in dots; there are positions, colour, size, matrix.",
    (dots) => scene.drawDots(dots),
    { positions: [0, 0, 0] },
  ],
  [
    "drawBox",
    "positions in options; there are colour, thickness, matrix.",
    (o) => scene.drawBox([0, 0, 0], [1, 1, 1], o),
  ],
  [
    "drawCapsule",
    "width in options; there are colour, thickness, matrix.",
    (o) => scene.drawCapsule([0, 0, 0], [1, 1, 1], 0.5, o),
  ],
  [
    "drawSkeleton",
    "thickness in skeleton; there are matrices, parents, matrix, style, colour, jointColour, size.",
    (skeleton) => scene.drawSkeleton(skeleton),
    { matrices: matrix, parents: [-1] },
  ],
  [
    "drawLabel of what is behind the camera",
    "color in options; there are colour, scale, background, backgroundAlpha, align.",
    (o) => scene.drawLabel([0, 0, 100], "text", o),
  ],
];

test.each(calls)("%s names what does not exist: %s", async (_, said, call, options = {}) => {
  const [name = ""] = said.split(" ");
  const refusal = await (async () => call({ ...options, [name]: undefined } as never))().then(
    () => undefined,
    (error) => error,
  );
  expect([refusal?.code, refusal?.message]).toEqual(["bad-argument", expect.stringContaining(`There is no ${said}`)]);
  expect(drawn(image)).toBe(0);
});

test("what exists may be undefined, and a mesh of a model may be drawn as it is", () => {
  const model = {
    name: "m",
    node: 0,
    skin: undefined,
    tangents: undefined,
    influences: 0,
    morphTargets: [],
    parts: [],
  };
  const bound = { joints: [], weights: [], morphWeights: [], skeleton: undefined, joint: -1 };
  const own = new raster.Scene3d(new raster.Image(64, 48, 0), scene.camera);
  own.drawMesh({ ...model, ...bound, ...ball(8), matrix: Float32Array.from(matrix) });
  expect(drawn(own.image)).toBeGreaterThan(100);
  own.drawLines({ positions: [0, 0, 0, 1, 1, 1], indices: undefined, thickness: undefined, matrix: undefined });
});
