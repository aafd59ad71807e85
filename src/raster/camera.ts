import {
  expectList,
  expectNumber,
  expectNumberOptions,
  expectNumbers,
  expectOptions,
  type Known,
  said,
} from "../core/argument.ts";
import { WorldloomError } from "../core/errors.ts";
import { cos64, sin64, tan64 } from "../core/math/sine64.ts";

/** Three numbers: x, y, z. Right-handed, y is up. */
export type Point = ArrayLike<number>;

export interface CameraOptions {
  readonly eye: Point;
  /** What is in the middle of the picture. */
  readonly target: Point;
  /** What is up in the picture, +y by default; need not be at right angles to the view. */
  readonly up?: Point;
  /** Angle from the lower to the upper edge of the picture, in degrees from 1 to 170; 35 by default. */
  readonly fieldOfView?: number;
  /** An orthographic camera: how much of the world the picture is high. The field of view does not count then. */
  readonly height?: number;
  /** Nothing nearer than this is drawn; by default a hundredth of the distance to the target. Nothing is too far away. */
  readonly near?: number;
}

const CAMERA: Known<CameraOptions> = { eye: true, target: true, up: true, fieldOfView: true, height: true, near: true };

/** Where a picture is taken from. */
export interface Camera {
  readonly eye: readonly number[];
  /** Unit vectors in the world. */
  readonly right: readonly number[];
  readonly up: readonly number[];
  readonly forward: readonly number[];
  readonly near: number;
  /** From the eye to the target. */
  readonly distance: number;
  /** Tangent of half the field of view; undefined for an orthographic camera. */
  readonly slope: number | undefined;
  /** Half of what an orthographic camera sees, in units of the world. */
  readonly half: number;
}

/** A camera that looks at a target. Throws `bad-argument` for what gives no picture: no distance, a view along `up`. */
export function camera(options: CameraOptions): Camera {
  expectOptions(options, "options", CAMERA);
  expectNumberOptions(options, ["fieldOfView", "height", "near"]);
  const { fieldOfView = 35, height } = options;
  const eye = numbers("eye", options.eye);
  const toTarget = minus(numbers("target", options.target), eye);
  const distance = length(toTarget);
  if (!(distance > 0)) throw refused("The camera's eye and target are the same point; move one of them.", options);
  const forward = scaled(toTarget, 1 / distance);
  const across = cross(forward, numbers("up", options.up ?? [0, 1, 0]));
  const width = length(across);
  if (!(width > 1e-9)) throw refused("The camera looks along its own `up`; give it another one.", options);
  const right = scaled(across, 1 / width);
  const near = options.near ?? (height === undefined ? distance / 100 : 0);
  if (!(near >= 0 && near < Infinity) || (near === 0 && height === undefined)) {
    throw refused(`The camera's near distance must be above 0, not ${near}.`, options);
  }
  if (height !== undefined && !(height > 0 && height < Infinity)) {
    throw refused(`The height that the camera sees must be above 0, not ${height}.`, options);
  }
  if (!(fieldOfView >= 1 && fieldOfView <= 170)) {
    throw refused(`The field of view is 1 to 170 degrees, not ${fieldOfView}.`, options);
  }
  const slope = height === undefined ? tan64(radians(fieldOfView) / 2) : undefined;
  return { eye, right, up: cross(right, forward), forward, near, distance, slope, half: (height ?? 0) / 2 };
}

export interface FrameOptions {
  /** Size of the picture in pixels. */
  readonly width: number;
  readonly height: number;
  /** Degrees around the vertical: 0 looks from +z, where models face, 90 from +x. 30 by default. */
  readonly angle?: number;
  /** Degrees above the horizon, -89 to 89; 15 by default. */
  readonly elevation?: number;
  /** Degrees; 30 by default. */
  readonly fieldOfView?: number;
  /** How much room there is: 1 touches the edges; 1.1 by default. */
  readonly margin?: number;
}

const FRAME: Known<FrameOptions> = {
  width: true,
  height: true,
  angle: true,
  elevation: true,
  fieldOfView: true,
  margin: true,
};

/** A camera that has all of a box in its picture. Throws `bad-argument` for a box without finite corners. */
export function frameBox(min: Point, max: Point, options: FrameOptions): Camera {
  const [low, high] = [numbers("min", min), numbers("max", max)];
  const corners = Array.from({ length: 24 }, (_, i) => (Math.floor(i / 3) & (1 << (i % 3)) ? high : low)[i % 3]!);
  return framePoints(corners, options);
}

/**
 * A camera that has points (x, y, z each) in its picture, as large as they can be and in the middle, all but exactly. Throws
 * `bad-argument` if there is none, or one is not finite.
 */
export function framePoints(points: ArrayLike<number>, options: FrameOptions): Camera {
  expectNumbers(points, "points");
  expectOptions(options, "options", FRAME);
  expectNumber(options.width, "options.width");
  expectNumber(options.height, "options.height");
  expectNumberOptions(options, ["angle", "elevation", "fieldOfView", "margin"]);
  const { angle = 30, elevation = 15, fieldOfView = 30, margin = 1.1, width, height } = options;
  const [turn, rise] = [radians(angle), radians(Math.min(89, Math.max(-89, elevation)))];
  const back = [sin64(turn) * cos64(rise), sin64(rise), cos64(turn) * cos64(rise)];
  const { right, up, forward, slope = 1 } = camera({ eye: back, target: [0, 0, 0], fieldOfView });
  let centre = numbers("the middle of the points", middleOf(points));
  let distance = 0;
  for (let round = 0; ; round++) {
    // How far away all are in the picture, then where their middle is seen.
    distance = 0;
    const places: (readonly [number, number, number])[] = [];
    for (let i = 0; i + 2 < points.length; i += 3) {
      const at = minus([points[i]!, points[i + 1]!, points[i + 2]!], centre);
      const [x, y, z] = [dot(at, right), dot(at, up), dot(at, forward)];
      const most = (Math.max((Math.abs(x) * height) / width, Math.abs(y)) * margin) / slope;
      distance = Math.max(distance, most - z);
      places.push([x, y, z]);
    }
    if (!(distance > 0)) distance = 1;
    if (round === 3) break;
    const [across, along] = [0, 1].map((axis) => {
      let [least, most] = [Infinity, -Infinity];
      for (const place of places) {
        const seen = place[axis]! / (distance + place[2]);
        least = Math.min(least, seen);
        most = Math.max(most, seen);
      }
      return ((least + most) / 2) * distance;
    }) as [number, number];
    centre = plus(centre, plus(scaled(right, across), scaled(up, along)));
  }
  return camera({ eye: plus(centre, scaled(back, distance)), target: centre, fieldOfView });
}

function middleOf(points: ArrayLike<number>): number[] {
  return [0, 1, 2].map((axis) => {
    let [least, most] = [Infinity, -Infinity];
    for (let i = axis; i < points.length; i += 3) {
      // A NaN stays.
      least = points[i]! >= least ? least : points[i]!;
      most = points[i]! <= most ? most : points[i]!;
    }
    return (least + most) / 2;
  });
}

/**
 * Four rows of four: a point of the world (x, y, z, 1) to X, Y, Z, W, where X / W and Y / W are pixels and Z / W is the
 * depth, larger when nearer, 1 at the near plane. Points with W below Z are too near.
 */
export function projectionOf(camera: Camera, width: number, height: number): Float64Array {
  const { eye, right, up, forward, near, distance, slope, half } = camera;
  const row = (axis: readonly number[], scale: number): number[] => {
    const [x, y, z] = scaled(axis, scale) as [number, number, number];
    return [x, y, z, -(x * eye[0]! + y * eye[1]! + z * eye[2]!)];
  };
  const ahead = row(forward, 1);
  const scale = height / 2 / (slope ?? half);
  const across = row(right, scale);
  const down = row(up, -scale);
  if (slope === undefined) {
    across[3]! += width / 2;
    down[3]! += height / 2;
    const depth = row(forward, -1 / distance);
    depth[3]! += 1 + near / distance;
    return Float64Array.from([...across, ...down, ...depth, 0, 0, 0, 1]);
  }
  const x = across.map((value, i) => value + (width / 2) * ahead[i]!);
  const y = down.map((value, i) => value + (height / 2) * ahead[i]!);
  return Float64Array.from([...x, ...y, 0, 0, 0, near, ...ahead]);
}

/** Throws `bad-argument` unless `camera` is one. */
export function checkCamera(camera: Camera): void {
  expectOptions(camera, "camera");
  for (const name of ["eye", "right", "up", "forward"] as const) numbers(`camera.${name}`, camera[name]);
  for (const name of ["near", "distance", "half"] as const) expectNumber(camera[name], `camera.${name}`);
  if (camera.slope !== undefined) expectNumber(camera.slope, "camera.slope");
}

/** Throws `bad-argument` unless `point` begins with three numbers. */
export function expectPoint(point: Point, name: string): void {
  expectList(point, name);
  for (let axis = 0; axis < 3; axis++) expectNumber(point[axis], `${name}[${axis}]`);
}

function dot(a: Point, b: Point): number {
  return a[0]! * b[0]! + a[1]! * b[1]! + a[2]! * b[2]!;
}

function length(a: Point): number {
  return Math.sqrt(dot(a, a));
}

function cross(a: Point, b: Point): number[] {
  return [a[1]! * b[2]! - a[2]! * b[1]!, a[2]! * b[0]! - a[0]! * b[2]!, a[0]! * b[1]! - a[1]! * b[0]!];
}

function plus(a: readonly number[], b: readonly number[]): number[] {
  return a.map((value, axis) => value + b[axis]!);
}

function minus(a: readonly number[], b: readonly number[]): number[] {
  return a.map((value, axis) => value - b[axis]!);
}

function scaled(a: readonly number[], by: number): number[] {
  return a.map((value) => value * by);
}

function radians(degrees: number): number {
  return (degrees * Math.PI) / 180;
}

function numbers(name: string, point: Point): number[] {
  expectList(point, name);
  const list = Array.from({ length: 3 }, (_, axis) => (typeof point[axis] === "number" ? point[axis] : Number.NaN));
  if (point.length === 3 && list.every(Number.isFinite)) return list;
  throw refused(`${name} must be three finite numbers, not [${Array.from(point, said).join(", ")}].`, {
    [name]: point,
  });
}

function refused(message: string, operands: object): WorldloomError {
  return new WorldloomError("bad-argument", message, { ...operands });
}
