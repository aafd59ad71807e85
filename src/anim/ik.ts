import { badArgument, expectOptions } from "../core/argument.ts";
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
  IK_WORDS,
  ikKinds,
} from "../native/anim/ik-format.ts";
import type { Memory } from "../native/memory.ts";
import { jointNumber } from "./pose.ts";
import type { Skeleton } from "./skeleton.ts";

/** A limb of two bones, an arm or a leg, whose end is to be at a place. */
export interface TwoBone {
  /** Joints by name or number: shoulder, elbow, hand. Each is below the one before, with or without joints between them. */
  readonly upper: number | string;
  readonly middle: number | string;
  readonly end: number | string;
  /** Model space. */
  readonly target: ArrayLike<number>;
  /** Direction in model space to which the middle joint bends; without it the limb stays in its plane. */
  readonly pole?: ArrayLike<number> | undefined;
  /** 0 to 1; 1 unless given. */
  readonly weight?: number | undefined;
  /**
   * The part of the limb's length from which on it slows down towards being straight, so that it does not snap; then it
   * does not quite reach. 1 unless given: it reaches whatever it can.
   */
  readonly soften?: number | undefined;
}

/** A joint that is to look at a place. */
export interface LookAt {
  /** By name or number. */
  readonly joint: number | string;
  /** Model space. */
  readonly target: ArrayLike<number>;
  /** The axis that looks, in the space of the joint; +z unless given. */
  readonly forward?: ArrayLike<number> | undefined;
  /** The axis that is up, in the space of the joint; +y unless given. It matters with a `pole` only. */
  readonly up?: ArrayLike<number> | undefined;
  /** Direction in model space to which `up` turns, about the line of sight; without it nothing rolls. */
  readonly pole?: ArrayLike<number> | undefined;
  /** 0 to 1; 1 unless given. */
  readonly weight?: number | undefined;
  /** Cosine of the angle that the joint turns at most away from its pose; -1 unless given: it turns all the way. */
  readonly cosineMost?: number | undefined;
}

const TWO_BONE = ikKinds.indexOf("two-bone");
const LOOK_AT = ikKinds.indexOf("look-at");
const ZERO = [0, 0, 0];
const FORWARD = [0, 0, 1];
const UP = [0, 1, 0];

/** Writes the record of a limb at word `at`. Throws `anim-joint`. */
export function writeTwoBone(memory: Memory, at: number, limb: TwoBone, skeleton: Skeleton): void {
  const { u32, f32 } = memory;
  expectOptions(limb, "limb");
  clear(u32, at, TWO_BONE, jointNumber(skeleton, limb.upper));
  f32[at + IK_WEIGHT] = scalar(limb.weight, 1, "limb.weight");
  f32[at + IK_SOFTEN] = scalar(limb.soften, 1, "limb.soften");
  vector(f32, at + IK_TARGET, limb.target, "limb.target");
  vector(f32, at + IK_POLE, limb.pole ?? ZERO, "limb.pole");
  u32[at + IK_MIDDLE] = jointNumber(skeleton, limb.middle);
  u32[at + IK_END] = jointNumber(skeleton, limb.end);
}

/** Writes the record of a look at word `at`. Throws `anim-joint`. */
export function writeLookAt(memory: Memory, at: number, look: LookAt, skeleton: Skeleton): void {
  const { u32, f32 } = memory;
  expectOptions(look, "look");
  clear(u32, at, LOOK_AT, jointNumber(skeleton, look.joint));
  f32[at + IK_WEIGHT] = scalar(look.weight, 1, "look.weight");
  f32[at + IK_COSINE] = scalar(look.cosineMost, -1, "look.cosineMost");
  vector(f32, at + IK_TARGET, look.target, "look.target");
  vector(f32, at + IK_POLE, look.pole ?? ZERO, "look.pole");
  vector(f32, at + IK_FORWARD, look.forward ?? FORWARD, "look.forward");
  vector(f32, at + IK_UP, look.up ?? UP, "look.up");
}

function clear(u32: Uint32Array, at: number, kind: number, joint: number): void {
  for (let word = 0; word < IK_WORDS; word++) u32[at + word] = 0;
  u32[at] = kind;
  u32[at + IK_JOINT] = joint;
}

function scalar(value: number | undefined, otherwise: number, name: string): number {
  if (value === undefined) return otherwise;
  if (typeof value !== "number") throw badArgument(name, value, "a number");
  return value;
}

function vector(f32: Float32Array, at: number, v: ArrayLike<number>, name: string): void {
  for (let i = 0; i < 3; i++) {
    const value = v?.[i];
    if (typeof value !== "number") throw badArgument(name, v, "three numbers");
    f32[at + i] = value;
  }
}
