import { expectInstance, expectNumberOptions, expectOptions, expectText } from "../core/argument.ts";
import { WorldloomError } from "../core/errors.ts";
import { Batch } from "./batch.ts";
import { drawBox } from "./box.ts";
import { type Camera, checkCamera, expectPoint, type Point, projectionOf } from "./camera.ts";
import { drawCapsule } from "./capsule.ts";
import { clipLine } from "./clip.ts";
import type { Colour } from "./colour.ts";
import type { Target } from "./fill.ts";
import { Image } from "./image.ts";
import { lightOf } from "./light.ts";
import { type Dots, drawDots, drawLines, type LineOptions, type Lines } from "./lines.ts";
import { drawMesh, type Triangles } from "./mesh.ts";
import { SCENE_SIDE_MAX } from "./project.ts";
import { drawSkeleton, type Skeletal } from "./skeleton.ts";
import type { Stage } from "./stage.ts";
import { drawText, TEXT, type TextOptions } from "./text.ts";

/** Where a point of the world is in the picture. */
export interface Place {
  /** Pixels from the upper left corner. */
  readonly x: number;
  readonly y: number;
  /** Larger is nearer. */
  readonly depth: number;
}

/**
 * Draws a scene in three dimensions into an image, what is nearer in front of what is farther away. Equal calls give
 * equal pixels on every machine. Nothing is drawn outside the image, and triangles and lines with places that are no numbers
 * are left out.
 */
export class Scene3d {
  readonly image: Image;
  readonly camera: Camera;
  readonly #stage: Stage;

  /** Draws over what the image has. Throws `bad-argument` for images wider or higher than {@link SCENE_SIDE_MAX}. */
  constructor(image: Image, camera: Camera) {
    expectInstance(image, Image, "image", "an Image");
    checkCamera(camera);
    const { width, height, pixels, rgba } = image;
    if (width > SCENE_SIDE_MAX || height > SCENE_SIDE_MAX) {
      const message = `A scene is at most ${SCENE_SIDE_MAX} pixels wide and high, not ${width} x ${height}.`;
      throw new WorldloomError("bad-argument", message, { width, height });
    }
    this.image = image;
    this.camera = camera;
    const target: Target = { width, height, pixels, rgba, depth: new Float32Array(width * height) };
    const view = projectionOf(camera, width, height);
    this.#stage = { target, camera, view, light: lightOf(camera), batch: new Batch() };
    this.clearDepth();
  }

  /** Makes the image one colour, and empty. */
  clear(colour: Colour): void {
    this.image.clear(colour);
    this.clearDepth();
  }

  /** Forgets how near everything is: what is drawn from now on is in front of what was drawn before. */
  clearDepth(): void {
    this.#stage.target.depth.fill(-Infinity);
  }

  drawMesh(mesh: Triangles): void {
    drawMesh(this.#stage, mesh);
  }

  drawLines(lines: Lines): void {
    drawLines(this.#stage, lines);
  }

  drawDots(dots: Dots): void {
    drawDots(this.#stage, dots);
  }

  /** The edges of a box between two corners. */
  drawBox(min: Point, max: Point, options: LineOptions = {}): void {
    drawBox(this.#stage, min, max, options);
  }

  /** The outline of all points within `radius` of the line between two points. */
  drawCapsule(from: Point, to: Point, radius: number, options: LineOptions = {}): void {
    drawCapsule(this.#stage, from, to, radius, options);
  }

  drawSkeleton(skeleton: Skeletal): void {
    drawSkeleton(this.#stage, skeleton);
  }

  /** Text above a point of the world, in front of everything; nothing where the point cannot be seen. */
  drawLabel(point: Point, text: string, options: TextOptions = {}): void {
    expectText(text, "text");
    expectOptions(options, "options", TEXT);
    expectNumberOptions(options, ["scale"]);
    const place = this.placeOf(point);
    if (place === undefined) return;
    drawText(this.image, place.x, place.y - 12 * (options.scale ?? 1), text, { align: "centre", ...options });
  }

  /** Where a point of the world is in the picture, or not far from it; undefined if it is behind the camera or far outside. */
  placeOf(point: Point): Place | undefined {
    expectPoint(point, "point");
    const { target, view } = this.#stage;
    const ends = new Float64Array(6);
    if (!clipLine(ends, view, point, 0, 0, target.width, target.height)) return undefined;
    return { x: ends[0]!, y: ends[1]!, depth: ends[2]! };
  }
}
