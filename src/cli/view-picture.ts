import { HitShapes } from "../anim/hit-shapes.ts";
import type { Skin } from "../anim/skin.ts";
import { framePoints } from "../raster/camera.ts";
import { type Colour, mixColours } from "../raster/colour.ts";
import { Image } from "../raster/image.ts";
import { Scene3d } from "../raster/scene.ts";
import { drawText } from "../raster/text.ts";
import type { PosedMesh, PosedModel } from "./view-model.ts";

export interface ViewOptions {
  readonly width: number;
  readonly height: number;
  /** Degrees. */
  readonly angle: number;
  readonly elevation: number;
  readonly skeleton: boolean;
  readonly boxes: boolean;
  /** Capsules around what each joint moves most, as rays hit them. */
  readonly shapes: boolean;
  /** Names of joints. */
  readonly names: boolean;
}

/** What a picture shows all of. */
export interface Frame {
  /** x, y, z each. */
  readonly points: Float32Array;
  readonly bounds: Bounds;
}

/** Corners of a box around something. */
interface Bounds {
  readonly min: number[];
  readonly max: number[];
}

const SKY = 0x2b313c;
const GROUND = 0x171a20;
const GRID = 0x4a5364;
const CLAY = 0xc8ccd2;
const BOX = 0x58c8f0;

/** Pixels are drawn so many times as wide and high, and then shrunk. */
const SAMPLES = 2;
const MARGIN = 1.15;

/** All vertices of models at some times, or all joints of those without meshes. */
export function frameOf(models: readonly PosedModel[]): Frame {
  const points: number[] = [];
  const bounds = emptyBounds();
  const take = (point: readonly number[]): void => {
    if (!point.every(Number.isFinite)) return;
    include(bounds, point);
    points.push(point[0]!, point[1]!, point[2]!);
  };
  for (const { meshes, skeletons } of models) {
    for (const { positions, matrix } of meshes) {
      for (let at = 0; at < positions.length; at += 3) take(placed(matrix, positions, at));
    }
    if (meshes.length > 0) continue;
    for (const { matrices } of skeletons) {
      for (let at = 0; at < matrices.length; at += 12) take([3, 7, 11].map((item) => matrices[at + item]!));
    }
  }
  if (points.length === 0) for (const corner of [-1, 1]) take([corner, corner, corner]);
  return { points: Float32Array.from(points), bounds };
}

/** The model in front of a floor with a grid, seen so that a frame is in the picture, with a line of text. */
export function viewPicture(model: PosedModel, frame: Frame, caption: string, options: ViewOptions): Image {
  const { width, height, angle, elevation } = options;
  const large = new Image(width * SAMPLES, height * SAMPLES);
  for (let y = 0; y < large.height; y++) {
    large.fill(0, y, large.width, 1, mixColours(SKY, GROUND, y / large.height));
  }
  const scene = new Scene3d(large, framePoints(frame.points, { width, height, angle, elevation, margin: MARGIN }));
  drawFloor(scene, frame.bounds);
  drawMeshes(scene, model, options.skeleton);
  if (options.boxes) drawBoxes(scene, model);
  if (options.shapes) drawShapes(scene, model);
  if (options.skeleton) {
    scene.clearDepth();
    const size = SAMPLES * Math.min(2, Math.max(0.75, height / 320));
    for (const { skeleton, matrices } of model.skeletons) {
      scene.drawSkeleton({ matrices, parents: skeleton.parents, size });
    }
  }
  const image = large.shrink(SAMPLES);
  if (options.names) drawNames(scene, image, model);
  drawText(image, 8, height - 16, caption, { colour: 0xd8dce4, background: GROUND });
  return image;
}

function drawMeshes(scene: Scene3d, { meshes }: PosedModel, dimmed: boolean): void {
  for (const { positions, normals, indices, parts, matrix } of meshes) {
    for (const { first, count, colour } of parts) {
      const own = colourOf(colour);
      scene.drawMesh({
        positions,
        normals,
        indices: indices.subarray(first, first + count),
        colour: dimmed ? mixColours(own, GROUND, 0.45) : own,
        matrix,
      });
    }
  }
}

/** From linear light, roughly: screens have a gamma of about 2. White, which says nothing, becomes clay. */
function colourOf([red, green, blue]: readonly number[]): Colour {
  if (red! >= 1 && green! >= 1 && blue! >= 1) return CLAY;
  const channel = (value: number): number => Math.floor(255 * Math.sqrt(Math.min(1, Math.max(0, value))) + 0.5);
  return channel(red!) * 0x10000 + channel(green!) * 0x100 + channel(blue!);
}

/** Lines at whole multiples of a round distance, around what is shown. */
function drawFloor(scene: Scene3d, { min, max }: Bounds): void {
  const reach = Math.max(max[0]! - min[0]!, max[1]! - min[1]!, max[2]! - min[2]!);
  if (!(reach > 0)) return;
  const step = roundStep(reach / 4);
  // A model that stands near 0 stands there.
  const floor = Math.abs(min[1]!) < 0.1 * reach ? 0 : min[1]!;
  const [x0, x1] = [Math.floor((min[0]! - reach) / step), Math.ceil((max[0]! + reach) / step)];
  const [z0, z1] = [Math.floor((min[2]! - reach) / step), Math.ceil((max[2]! + reach) / step)];
  const positions: number[] = [];
  for (let x = x0; x <= x1; x++) positions.push(x * step, floor, z0 * step, x * step, floor, z1 * step);
  for (let z = z0; z <= z1; z++) positions.push(x0 * step, floor, z * step, x1 * step, floor, z * step);
  scene.drawLines({ positions, colour: GRID, thickness: SAMPLES * 0.75 });
}

/** The largest of 1, 2 and 5 times a power of ten that is not above `most`. */
function roundStep(most: number): number {
  let power = 1;
  while (power > most) power /= 10;
  while (power * 10 <= most) power *= 10;
  return power * (most >= 5 * power ? 5 : most >= 2 * power ? 2 : 1);
}

/** A box around the vertices that each joint moves most, turned as the joint is; one around each mesh without joints. */
function drawBoxes(scene: Scene3d, { meshes, skeletons }: PosedModel): void {
  const style = { colour: BOX, thickness: SAMPLES };
  for (const { mesh, positions, matrix } of meshes) {
    if (mesh.skin === undefined) {
      const bounds = emptyBounds();
      for (let at = 0; at < positions.length; at += 3) include(bounds, placed(undefined, positions, at));
      if (bounds.min[0]! <= bounds.max[0]!) scene.drawBox(bounds.min, bounds.max, { ...style, matrix });
      continue;
    }
    const { skin } = mesh;
    const { matrices } = skeletons.find(({ skeleton }) => skeleton === skin.skeleton)!;
    jointBounds(mesh, skin).forEach(({ min, max }, number) => {
      if (!(min[0]! <= max[0]!)) return;
      const joint = 12 * skin.joints[number]!;
      scene.drawBox(min, max, { ...style, matrix: matrices.subarray(joint, joint + 12) });
    });
  }
}

function drawShapes(scene: Scene3d, { meshes, skeletons }: PosedModel): void {
  for (const { skeleton, matrices } of skeletons) {
    const bound = meshes.map(({ mesh }) => mesh).filter(({ skin }) => skin?.skeleton === skeleton);
    if (bound.length === 0) continue;
    const { joints, capsules } = HitShapes.ofVertices(skeleton, bound);
    joints.forEach((joint, i) => {
      const [from, to, radius] = [capsules.subarray(7 * i), capsules.subarray(7 * i + 3), capsules[7 * i + 6]!];
      const matrix = matrices.subarray(12 * joint, 12 * joint + 12);
      scene.drawCapsule(from, to, radius, { colour: BOX, thickness: SAMPLES, matrix });
    });
  }
}

/** For each joint number of a skin the box around its vertices, in the space of the joint. */
function jointBounds(mesh: PosedMesh["mesh"], skin: Skin): Bounds[] {
  const bounds = Array.from({ length: skin.count }, emptyBounds);
  for (let vertex = 0; vertex < mesh.positions.length / 3; vertex++) {
    // The first influence has the largest weight.
    const number = mesh.joints[vertex * mesh.influences]!;
    const bind = skin.inverseBind.subarray(12 * number, 12 * number + 12);
    include(bounds[number]!, placed(bind, mesh.positions, 3 * vertex));
  }
  return bounds;
}

function drawNames(scene: Scene3d, image: Image, { skeletons }: PosedModel): void {
  for (const { skeleton, matrices } of skeletons) {
    skeleton.names.forEach((name, joint) => {
      const at = 12 * joint;
      const place = scene.placeOf([matrices[at + 3]!, matrices[at + 7]!, matrices[at + 11]!]);
      if (place !== undefined)
        drawText(image, place.x / SAMPLES + 5, place.y / SAMPLES - 4, name, { background: GROUND });
    });
  }
}

function emptyBounds(): Bounds {
  return { min: [Infinity, Infinity, Infinity], max: [-Infinity, -Infinity, -Infinity] };
}

function include({ min, max }: Bounds, point: readonly number[]): void {
  for (let axis = 0; axis < 3; axis++) {
    min[axis] = Math.min(min[axis]!, point[axis]!);
    max[axis] = Math.max(max[axis]!, point[axis]!);
  }
}

/** The point at `at`, moved by a matrix. */
function placed(m: Float32Array | undefined, positions: Float32Array, at: number): number[] {
  const [x, y, z] = [positions[at]!, positions[at + 1]!, positions[at + 2]!];
  if (m === undefined) return [x, y, z];
  return [0, 4, 8].map((row) => m[row]! * x + m[row + 1]! * y + m[row + 2]! * z + m[row + 3]!);
}
