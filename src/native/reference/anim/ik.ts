import {
  IK_COSINE,
  IK_END,
  IK_FORWARD,
  IK_JOINT,
  IK_MIDDLE,
  IK_POLE,
  IK_SOFTEN,
  IK_TARGET,
  IK_UP,
  IK_WEIGHT,
  ikKinds,
} from "../../anim/ik-format.ts";
import {
  across,
  anyAcross,
  combine,
  cross,
  direct,
  directPart,
  dot,
  fromTo,
  multiply,
  normalise,
  part,
  rotate,
  set,
  subtract,
  type Vector,
} from "./vector.ts";

const { fround, sqrt } = Math;
/** Squares above it are not those of distances between joints and targets. */
const SQUARE_MAX = fround(1e38);

/**
 * The operand of the record at word `record` that cannot be: numbers that are not finite or out of their range, joints
 * that the skeleton does not have or that are not below one another. `parents` is a word index, too.
 */
export function ikFault(
  u32: Uint32Array,
  f32: Float32Array,
  record: number,
  i32: Int32Array,
  parents: number,
  joints: number,
): string | undefined {
  const kind = u32[record]!;
  if (kind >= ikKinds.length) return "ikKind";
  if (u32[record + IK_JOINT]! >= joints) return "ikJoint";
  if (!between(f32[record + IK_WEIGHT]!, 0)) return "ikWeight";
  if (!finite(f32, record + IK_TARGET)) return "ikTarget";
  if (!finite(f32, record + IK_POLE)) return "ikPole";
  if (kind === 1) {
    if (!between(f32[record + IK_COSINE]!, -1)) return "ikCosine";
    if (!finite(f32, record + IK_FORWARD)) return "ikForward";
    return finite(f32, record + IK_UP) ? undefined : "ikUp";
  }
  if (!between(f32[record + IK_SOFTEN]!, 0)) return "ikSoften";
  const middle = u32[record + IK_MIDDLE]!;
  if (middle >= joints || !below(middle, u32[record + IK_JOINT]!, i32, parents)) return "ikMiddle";
  const end = u32[record + IK_END]!;
  return end < joints && below(end, middle, i32, parents) ? undefined : "ikEnd";
}

/**
 * Changes the local rotations (rows of `stride` f32 from `local[localAt]`) so that the record at word `record` holds;
 * `models` are the matrices of these locals. Returns the first joint whose model is no longer that of its local, or -1.
 * Rotations of joints are taken for the product of the local ones above them: scales that are not the same in all
 * directions bend the result.
 */
export function solveIk(
  u32: Uint32Array,
  f32: Float32Array,
  record: number,
  i32: Int32Array,
  parents: number,
  stride: number,
  local: Float32Array,
  localAt: number,
  models: Float32Array,
  modelsAt: number,
): number {
  const joint = u32[record + IK_JOINT]!;
  const weight = f32[record + IK_WEIGHT]!;
  if (weight === 0) return -1;
  vectorAt(target, f32, record + IK_TARGET);
  vectorAt(pole, f32, record + IK_POLE);
  positionOf(origin, models, modelsAt, joint);
  const poled = direct(pole);
  if (u32[record] === 1) {
    modelRotation(rotation, joint, i32, parents, stride, local, localAt);
    vectorAt(forward, f32, record + IK_FORWARD);
    vectorAt(up, f32, record + IK_UP);
    if (!lookAt(f32[record + IK_COSINE]!, poled)) return -1;
  } else {
    const middle = u32[record + IK_MIDDLE]!;
    positionOf(knee, models, modelsAt, middle);
    positionOf(tip, models, modelsAt, u32[record + IK_END]!);
    if (!twoBone(f32[record + IK_SOFTEN]!, poled)) return -1;
    part(bending, weight);
    turnLocal(middle, bending, i32, parents, stride, local, localAt);
  }
  part(turning, weight);
  turnLocal(joint, turning, i32, parents, stride, local, localAt);
  return joint;
}

const target = new Float32Array(3);
const pole = new Float32Array(3);
/** Positions of the three joints of a limb. */
const origin = new Float32Array(3);
const knee = new Float32Array(3);
const tip = new Float32Array(3);
/** The turns, in model space, that a solution found: of the first joint, and before it of the middle one. */
const turning = new Float32Array(4);
const bending = new Float32Array(4);

const upper = new Float32Array(3);
const lower = new Float32Array(3);
const aim = new Float32Array(3);
const normal = new Float32Array(3);
const side = new Float32Array(3);
const bent = new Float32Array(3);
const chord = new Float32Array(3);
const wanted = new Float32Array(3);
const twist = new Float32Array(4);

/**
 * The lower bone turns about the normal of the limb's plane until the end is as far away as the target (law of
 * cosines), the limb turns the shortest way to the target, then about the line to it until the middle joint is on the
 * side of the pole. A target out of reach gets a straight limb, one too close a folded one.
 */
function twoBone(soften: number, poled: boolean): boolean {
  subtract(upper, knee, origin);
  subtract(lower, tip, knee);
  const a2 = dot(upper, upper);
  const b2 = dot(lower, lower);
  if (!direct(upper) || !direct(lower)) return false;
  const a = fround(sqrt(a2));
  const b = fround(sqrt(b2));
  subtract(aim, target, origin);
  const distance2 = dot(aim, aim);
  if (!(distance2 <= SQUARE_MAX)) return false;
  if (!direct(aim)) {
    subtract(aim, tip, origin);
    if (!direct(aim)) aim.set(upper);
  }
  const reach = reachOf(fround(sqrt(distance2)), a, b, soften);

  cross(normal, upper, lower);
  if (!directPart(normal)) {
    cross(normal, pole, upper);
    if (!poled || !directPart(normal)) anyAcross(normal, upper);
  }
  const opposite = fround(fround(fround(reach * reach) - a2) - b2);
  const cosine = clamp(fround(opposite / fround(fround(a * b) * 2)));
  cross(side, normal, upper);
  combine(bent, upper, cosine, side, sineOf(cosine));
  fromTo(bending, lower, bent, normal);

  combine(chord, upper, fround(a / fround(a + b)), bent, fround(b / fround(a + b)));
  if (!directPart(chord)) chord.set(aim);
  fromTo(turning, chord, aim, normal);
  if (poled && across(wanted, pole, aim)) {
    rotate(normal, turning, normal);
    cross(side, aim, normal);
    fromTo(twist, side, wanted, aim);
    multiply(turning, twist, turning);
  }
  return true;
}

/** How far the end of a limb with the bones a and b goes for a target at `distance`. */
function reachOf(distance: number, a: number, b: number, soften: number): number {
  const length = fround(a + b);
  const from = fround(length * soften);
  const span = fround(length - from);
  let reach = distance;
  if (distance > from) {
    // Beyond `from` the curve 1 - 1 / (1 + x): it leaves with slope 1 and nears the full length.
    const x = fround(fround(distance - from) / span);
    reach = span > 0 ? fround(from + fround(span * fround(1 - fround(1 / fround(1 + x))))) : length;
  }
  const least = Math.abs(fround(a - b));
  return reach < least ? least : reach;
}

const rotation = new Float32Array(4);
const forward = new Float32Array(3);
const up = new Float32Array(3);

/** Turns the forward axis the shortest way to the target, `most` being the cosine of the most, then the up axis to the pole. */
function lookAt(most: number, poled: boolean): boolean {
  rotate(forward, rotation, forward);
  rotate(up, rotation, up);
  subtract(aim, target, origin);
  if (!direct(forward) || !direct(aim)) return false;
  const upright = direct(up);
  if (!upright || !across(normal, up, forward)) anyAcross(normal, forward);
  if (dot(forward, aim) < most) {
    if (!across(side, aim, forward)) cross(side, normal, forward);
    combine(aim, forward, most, side, sineOf(most));
  }
  fromTo(turning, forward, aim, normal);
  rotate(up, turning, up);
  if (poled && upright && across(side, up, aim) && across(wanted, pole, aim)) {
    fromTo(twist, side, wanted, aim);
    multiply(turning, twist, turning);
  }
  return true;
}

const above = new Float32Array(4);
const own = new Float32Array(4);

/** The local rotation of `joint` becomes that which the turn q in model space gives it: conj(P) q P local. */
function turnLocal(
  joint: number,
  q: Vector,
  i32: Int32Array,
  parents: number,
  stride: number,
  local: Float32Array,
  localAt: number,
): void {
  const parent = i32[parents + joint]!;
  quaternionAt(own, local, localAt, stride, joint);
  if (parent < 0) multiply(own, q, own);
  else {
    modelRotation(above, parent, i32, parents, stride, local, localAt);
    multiply(own, above, own);
    multiply(own, q, own);
    for (let i = 0; i < 3; i++) above[i] = -above[i]!;
    multiply(own, above, own);
  }
  normalise(own);
  for (let i = 0; i < 4; i++) local[localAt + (3 + i) * stride + joint] = own[i]!;
}

const local4 = new Float32Array(4);

/** The product of the local rotations from the root to `joint`. */
function modelRotation(
  out: Vector,
  joint: number,
  i32: Int32Array,
  parents: number,
  stride: number,
  local: Float32Array,
  localAt: number,
): void {
  quaternionAt(out, local, localAt, stride, joint);
  for (let parent = i32[parents + joint]!; parent >= 0; parent = i32[parents + parent]!) {
    quaternionAt(local4, local, localAt, stride, parent);
    multiply(out, local4, out);
  }
}

function quaternionAt(out: Vector, local: Float32Array, localAt: number, stride: number, joint: number): void {
  for (let i = 0; i < 4; i++) out[i] = local[localAt + (3 + i) * stride + joint]!;
}

function positionOf(out: Vector, models: Float32Array, modelsAt: number, joint: number): void {
  const at = modelsAt + joint * 12;
  set(out, models[at + 3]!, models[at + 7]!, models[at + 11]!);
}

function vectorAt(out: Vector, f32: Float32Array, at: number): void {
  set(out, f32[at]!, f32[at + 1]!, f32[at + 2]!);
}

function sineOf(cosine: number): number {
  return fround(sqrt(fround(1 - fround(cosine * cosine))));
}

function clamp(x: number): number {
  if (x < -1) return -1;
  return x > 1 ? 1 : x;
}

function between(x: number, least: number): boolean {
  return x >= least && x <= 1;
}

function finite(f32: Float32Array, at: number): boolean {
  return Number.isFinite(f32[at]) && Number.isFinite(f32[at + 1]) && Number.isFinite(f32[at + 2]);
}

/** Whether `joint` is below `ancestor`: parents come before their children. */
function below(joint: number, ancestor: number, i32: Int32Array, parents: number): boolean {
  let at = joint;
  while (at > ancestor) at = i32[parents + at]!;
  return at === ancestor && joint !== ancestor;
}
