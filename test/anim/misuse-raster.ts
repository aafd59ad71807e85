import * as raster from "../../src/raster.ts";

/** A function, and arguments that it takes. */
export type Call = readonly [name: string, call: (...given: never[]) => unknown, ...args: unknown[]];
const world = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0];
const image = () => new raster.Image(16, 16);
const scene = () => new raster.Scene3d(image(), raster.camera({ eye: [0, 0, 5], target: [0, 0, 0] }));

/** Each function of `worldloom/raster` with arguments that are right. */
export const rasterCalls: readonly Call[] = [
  ["new Image", (w, h, c) => new raster.Image(w, h, c), 4, 4, 0],
  ["image.fill", (x, y, w, h, c, a) => image().fill(x, y, w, h, c, a), 0, 0, 4, 4, 0xff, 255],
  ["image.blend", (x, y, c, a) => image().blend(x, y, c, a), 0, 0, 0xff, 128],
  ["image.draw", (p, x, y) => image().draw(p, x, y), image(), 0, 0],
  ["image.crop", (w, h) => image().crop(w, h), 4, 4],
  ["image.shrink", (n) => image().shrink(n), 2],
  ["camera", (o) => raster.camera(o), { eye: [0, 0, 5], target: [0, 0, 0], up: [0, 1, 0], fieldOfView: 30, near: 0.1 }],
  [
    "frameBox",
    (a, b, o) => raster.frameBox(a, b, o),
    [0, 0, 0],
    [1, 1, 1],
    { width: 10, height: 10, angle: 3, elevation: 3, fieldOfView: 30, margin: 1 },
  ],
  ["framePoints", (p, o) => raster.framePoints(p, o), [0, 0, 0, 1, 1, 1], { width: 10, height: 10 }],
  ["new Scene3d", (i, c) => new raster.Scene3d(i, c), image(), raster.camera({ eye: [0, 0, 5], target: [0, 0, 0] })],
  [
    "scene.drawMesh",
    (m) => scene().drawMesh(m),
    {
      positions: Float32Array.of(0, 0, 0, 1, 0, 0, 0, 1, 0),
      normals: new Float32Array(9),
      indices: Uint16Array.of(0, 1, 2),
      colour: 5,
      colours: new Uint8Array(9),
      matrix: world,
      lit: true,
    },
  ],
  [
    "scene.drawLines",
    (m) => scene().drawLines(m),
    { positions: [0, 0, 0, 1, 0, 0], indices: [0, 1], colour: 5, thickness: 2, matrix: world },
  ],
  ["scene.drawDots", (m) => scene().drawDots(m), { positions: [0, 0, 0], colour: 5, size: 2, matrix: world }],
  ["scene.drawBox", (a, b, o) => scene().drawBox(a, b, o), [0, 0, 0], [1, 1, 1], { colour: 5, thickness: 1 }],
  ["scene.drawCapsule", (a, b, r, o) => scene().drawCapsule(a, b, r, o), [0, 0, 0], [1, 1, 1], 1, { colour: 5 }],
  [
    "scene.drawSkeleton",
    (s) => scene().drawSkeleton(s),
    { matrices: world, parents: [-1], matrix: world, style: "bones", colour: 5, jointColour: 6, size: 3 },
  ],
  [
    "scene.drawLabel",
    (p, t, o) => scene().drawLabel(p, t, o),
    [0, 0, 0],
    "a",
    { colour: 5, scale: 1, background: 3, align: "left" },
  ],
  ["scene.placeOf", (p) => scene().placeOf(p), [0, 0, 0]],
  ["drawText", (i, x, y, t, o) => raster.drawText(i, x, y, t, o), image(), 0, 0, "a", { scale: 1, backgroundAlpha: 3 }],
  ["textSize", (t, s) => raster.textSize(t, s), "a", 1],
  [
    "contactSheet",
    (p, o) => raster.contactSheet(p, o),
    [image()],
    { columns: 1, gap: 1, labels: ["a"], background: 1, colour: 1, scale: 1 },
  ],
  ["encodePng", (p) => raster.encodePng(p), image()],
  [
    "encodeJpeg",
    async (p: raster.Picture, o: raster.JpegOptions) =>
      raster.encodeJpeg(p, o, async () => {
        throw new Error("none");
      }),
    image(),
    { quality: 80 },
  ],
  ["mixColours", (a, b, s) => raster.mixColours(a, b, s), 1, 2, 0.5],
];
