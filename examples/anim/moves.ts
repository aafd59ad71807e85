import { cos64, sin64 } from "../../src/core/math/sine64.ts";
import type { Vector } from "./body.ts";

export type Quaternion = readonly [x: number, y: number, z: number, w: number];

/** How joints stand at a time: rotations by their names, and where the hips are from their rest. */
export interface Stance {
  readonly turns: ReadonlyMap<string, Quaternion>;
  /** Metres. */
  readonly hips: Vector;
}

export interface Move {
  readonly name: string;
  /** Seconds. */
  readonly duration: number;
  /** Metres per second along +z. */
  readonly speed: number;
  /** When which foot comes down, in seconds. */
  readonly steps: readonly { readonly time: number; readonly name: string }[];
  stance(time: number, names: readonly string[], seed: number): Stance;
}

const X: Vector = [1, 0, 0];
const Y: Vector = [0, 1, 0];
const Z: Vector = [0, 0, 1];
const sides = [
  ["Left", 1],
  ["Right", -1],
] as const;

/** What the figure can do. All but the jump and the wave end as they begin. */
export const moves: readonly Move[] = [
  { name: "idle", duration: 6, speed: 0, steps: [], stance: (time, names, seed) => idle(time, names, seed, new Map()) },
  {
    name: "walk",
    duration: 2.4,
    speed: 1.4,
    steps: stepsOf(2, 1.2),
    stance: (time, names, seed) => stride(time / 1.2, names, seed, false),
  },
  {
    name: "run",
    duration: 2.1,
    speed: 3.6,
    steps: stepsOf(3, 0.7),
    stance: (time, names, seed) => stride(time / 0.7, names, seed, true),
  },
  { name: "wave", duration: 3, speed: 0, steps: [], stance: wave },
  { name: "jump", duration: 2, speed: 0, steps: [], stance: jump },
];

/** The feet come down when they are foremost: a quarter and three quarters into each cycle. */
function stepsOf(cycles: number, seconds: number): Move["steps"] {
  return Array.from({ length: 2 * cycles }, (_, step) => ({
    time: (seconds * (2 * step + 1)) / 4,
    name: step % 2 === 0 ? "left" : "right",
  }));
}

function idle(time: number, names: readonly string[], seed: number, turns: Map<string, Quaternion>): Stance {
  const breath = sin64((2 * Math.PI * time) / 3);
  const sway = sin64((2 * Math.PI * time) / 6 + 0.3);
  turns.set("Hips", turn(Z, 0.02 * sway));
  turns.set("Spine", turn(X, 0.03 + 0.012 * breath));
  turns.set("Spine1", turn(X, 0.02 * breath));
  turns.set("Spine2", both(turn(X, 0.015 * breath), turn(Z, -0.015 * sway)));
  turns.set("Neck", turn(X, -0.02 * breath));
  turns.set("Head", both(turn(Y, 0.12 * sway), turn(X, 0.03 * breath)));
  for (const [side, x] of sides) {
    turns.set(`${side}Shoulder`, turn(Z, x * (0.03 + 0.02 * breath)));
    turns.set(`${side}Arm`, both(turn(X, 0.03 * sway), turn(Z, -x * (1.22 - 0.02 * breath))));
    turns.set(`${side}ForeArm`, turn(Y, -x * (0.25 + 0.02 * sway)));
    turns.set(`${side}Hand`, turn(Z, -x * 0.1));
    turns.set(`${side}UpLeg`, turn(Z, x * 0.04 - 0.02 * sway));
    turns.set(`${side}Foot`, turn(Z, -x * 0.04));
  }
  curl(names, turns, (finger) => 0.3 + 0.04 * sin64((2 * Math.PI * time) / 3 + finger));
  hair(names, turns, time / 6, 0.06, seed);
  return { turns, hips: [0.012 * sway, 0.004 * breath, 0] };
}

/** Two steps for each whole `cycle`. */
function stride(cycle: number, names: readonly string[], seed: number, fast: boolean): Stance {
  const turns = new Map<string, Quaternion>();
  const phase = 2 * Math.PI * cycle;
  const size = fast ? 0.75 : 0.45;
  turns.set("Hips", both(turn(Y, 0.1 * sin64(phase)), turn(Z, 0.03 * cos64(phase))));
  turns.set("Spine", turn(X, fast ? 0.15 : 0.04));
  turns.set("Spine1", turn(Y, -0.08 * sin64(phase)));
  turns.set("Spine2", both(turn(Y, -0.1 * sin64(phase)), turn(X, 0.02 * cos64(2 * phase))));
  turns.set("Neck", turn(Y, 0.05 * sin64(phase)));
  turns.set("Head", both(turn(Y, 0.05 * sin64(phase)), turn(X, fast ? -0.1 : -0.02)));
  sides.forEach(([side, x]) => {
    const p = x > 0 ? phase : phase + Math.PI;
    const lift = 0.5 - 0.5 * cos64(p + 1.1);
    turns.set(`${side}UpLeg`, turn(X, -size * sin64(p) - (fast ? 0.2 : 0.08)));
    turns.set(`${side}Leg`, turn(X, 0.12 + (fast ? 1.4 : 0.75) * lift * lift));
    turns.set(`${side}Foot`, turn(X, 0.25 * sin64(p + 2.2)));
    turns.set(`${side}Toe`, turn(X, -0.25 * (0.5 - 0.5 * cos64(p - 0.6))));
    const swing = (fast ? 0.7 : 0.4) * sin64(p);
    turns.set(`${side}Shoulder`, turn(Y, -x * 0.1 * sin64(p)));
    turns.set(`${side}Arm`, both(turn(X, swing), turn(Z, -x * (fast ? 1.1 : 1.25))));
    turns.set(`${side}ForeArm`, turn(Y, -x * ((fast ? 1.4 : 0.35) + 0.2 * sin64(p))));
    turns.set(`${side}Hand`, turn(Z, -x * (0.1 + 0.06 * cos64(p))));
  });
  curl(names, turns, (finger) => (fast ? 0.9 : 0.4) + 0.05 * sin64(phase + finger));
  hair(names, turns, cycle, fast ? 0.25 : 0.12, seed);
  const bob = fast ? 0.05 : 0.02;
  return { turns, hips: [0.015 * cos64(phase), bob * cos64(2 * phase + 0.4) - bob, 0] };
}

function wave(time: number, names: readonly string[], seed: number): Stance {
  const turns = new Map<string, Quaternion>();
  const stance = idle(time, names, seed, turns);
  const up = smooth(time / 0.6) * smooth((3 - time) / 0.6);
  const swing = up * sin64(2 * Math.PI * time * 1.6);
  turns.set("RightShoulder", turn(Z, -0.2 * up));
  turns.set("RightArm", turn(Z, mix(1.22, -0.5, up)));
  turns.set("RightForeArm", both(turn(Z, mix(0, -1.1, up) + 0.35 * swing), turn(Y, mix(0.25, 0.05, up))));
  turns.set("RightHand", turn(Z, mix(0.1, 0, up) + 0.2 * swing));
  turns.set("Head", turn(Z, 0.1 * up));
  return stance;
}

function jump(time: number, names: readonly string[], seed: number): Stance {
  const turns = new Map<string, Quaternion>();
  idle(0, names, seed, turns);
  const crouch =
    smooth(time / 0.5) * smooth((0.7 - time) / 0.2) + 0.8 * smooth((time - 1.25) / 0.12) * smooth((1.9 - time) / 0.5);
  const air = smooth((time - 0.65) / 0.1) * smooth((1.3 - time) / 0.1);
  const flight = Math.min(Math.max((time - 0.7) / 0.6, 0), 1);
  for (const [side, x] of sides) {
    turns.set(`${side}UpLeg`, turn(X, -1 * crouch - 0.25 * air));
    turns.set(`${side}Leg`, turn(X, 1.7 * crouch + 0.3 * air));
    turns.set(`${side}Foot`, turn(X, -0.7 * crouch + 0.5 * air));
    turns.set(`${side}Arm`, both(turn(X, 0.9 * crouch - 2.4 * air), turn(Z, -x * 1.2)));
    turns.set(`${side}ForeArm`, turn(Y, -x * (0.25 + 0.5 * crouch)));
  }
  turns.set("Spine", turn(X, 0.4 * crouch));
  turns.set("Head", turn(X, -0.3 * crouch));
  hair(names, turns, time / 2, 0.05 + 0.3 * air, seed);
  return { turns, hips: [0, -0.3 * crouch + 0.45 * 4 * flight * (1 - flight), -0.05 * crouch] };
}

/** Bends all fingers by `angle(finger)`. */
function curl(names: readonly string[], turns: Map<string, Quaternion>, angle: (finger: number) => number): void {
  names.forEach((name, finger) => {
    const [, side, part] = /^(Left|Right)Hand(?:Index|Middle|Ring|Pinky)([123])$/.exec(name) ?? [];
    if (part !== undefined) turns.set(name, turn(Z, (side === "Left" ? -1 : 1) * angle(finger)));
  });
}

function hair(
  names: readonly string[],
  turns: Map<string, Quaternion>,
  cycle: number,
  size: number,
  seed: number,
): void {
  names.forEach((name, i) => {
    if (!name.startsWith("Hair")) return;
    const phase = 2 * Math.PI * cycle + seed * 0.7 + i * 0.9;
    turns.set(name, both(turn(X, size * sin64(phase)), turn(Z, 0.6 * size * cos64(phase))));
  });
}

/** By `angle` around an axis of length 1. */
function turn([x, y, z]: Vector, angle: number): Quaternion {
  const s = sin64(angle / 2);
  return [x * s, y * s, z * s, cos64(angle / 2)];
}

/** First `b`, then `a`. */
function both(a: Quaternion, b: Quaternion): Quaternion {
  return [
    a[3] * b[0] + a[0] * b[3] + a[1] * b[2] - a[2] * b[1],
    a[3] * b[1] - a[0] * b[2] + a[1] * b[3] + a[2] * b[0],
    a[3] * b[2] + a[0] * b[1] - a[1] * b[0] + a[2] * b[3],
    a[3] * b[3] - a[0] * b[0] - a[1] * b[1] - a[2] * b[2],
  ];
}

/** From 0 to 1, level at both. */
function smooth(t: number): number {
  const s = Math.min(Math.max(t, 0), 1);
  return s * s * (3 - 2 * s);
}

function mix(a: number, b: number, s: number): number {
  return a + (b - a) * s;
}
