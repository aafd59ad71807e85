export type Vector = readonly [number, number, number];

/** A joint of the figure, and the bone that hangs on it. */
export interface BodyJoint {
  readonly name: string;
  readonly parent: number;
  /** Metres in the model, arms stretched sideways: y up, facing +z, the left hand at +x. */
  readonly at: Vector;
  /** Where its bone ends; undefined for tips, which have none. */
  readonly tail: Vector | undefined;
  /** Of the bone, in metres. */
  readonly radius: number;
  readonly material: "skin" | "shirt" | "trousers" | "hair";
}

/** Joints of a whole body. */
export const BODY_JOINTS = 67;
export const JOINTS_MIN = 20;

/**
 * The joints of a humanoid, parents first: the body, then fingers, then strands of hair for those beyond 67.
 * @param count 20 to 1,024; below 67 fingers are missing
 */
export function body(count: number): BodyJoint[] {
  if (!(count >= JOINTS_MIN && count <= 1024)) throw new RangeError(`A figure has ${JOINTS_MIN} to 1,024 joints.`);
  const joints: BodyJoint[] = [];
  const names = new Map<string, number>();
  const add = (
    name: string,
    parent: string,
    at: Vector,
    tail?: Vector,
    radius = 0.02,
    material: BodyJoint["material"] = "skin",
  ) => {
    names.set(name, joints.length);
    joints.push({ name, parent: names.get(parent) ?? -1, at, tail, radius, material });
  };
  add("Root", "", [0, 0, 0]);
  add("Hips", "Root", [0, 1, 0], [0, 1.08, 0], 0.14, "trousers");
  add("Spine", "Hips", [0, 1.1, 0], [0, 1.2, 0], 0.13, "shirt");
  add("Spine1", "Spine", [0, 1.22, 0], [0, 1.33, 0], 0.135, "shirt");
  add("Spine2", "Spine1", [0, 1.35, 0], [0, 1.45, 0], 0.14, "shirt");
  add("Neck", "Spine2", [0, 1.52, 0], [0, 1.6, 0.01], 0.055);
  add("Head", "Neck", [0, 1.6, 0.01], [0, 1.73, 0.02], 0.095);
  const sides = ["Left", "Right"] as const;
  for (const side of sides) {
    const x = side === "Left" ? 1 : -1;
    add(`${side}UpLeg`, "Hips", [0.1 * x, 0.95, 0], [0.1 * x, 0.52, 0.01], 0.085, "trousers");
    add(`${side}Leg`, `${side}UpLeg`, [0.1 * x, 0.52, 0.01], [0.1 * x, 0.1, -0.02], 0.06, "trousers");
    add(`${side}Foot`, `${side}Leg`, [0.1 * x, 0.1, -0.02], [0.1 * x, 0.045, 0.1], 0.045, "hair");
    add(`${side}Toe`, `${side}Foot`, [0.1 * x, 0.04, 0.12], [0.1 * x, 0.035, 0.18], 0.035, "hair");
    add(`${side}Shoulder`, "Spine2", [0.05 * x, 1.47, 0], [0.16 * x, 1.47, 0], 0.07, "shirt");
    add(`${side}Arm`, `${side}Shoulder`, [0.18 * x, 1.47, 0], [0.46 * x, 1.47, 0], 0.055, "shirt");
    add(`${side}ForeArm`, `${side}Arm`, [0.46 * x, 1.47, 0], [0.72 * x, 1.47, 0], 0.042);
    add(`${side}Hand`, `${side}ForeArm`, [0.72 * x, 1.47, 0], [0.8 * x, 1.47, 0], 0.034);
  }
  add("HeadEnd", "Head", [0, 1.83, 0.02]);
  add("Jaw", "Head", [0, 1.63, 0.05], [0, 1.61, 0.1], 0.035);
  for (const side of sides) {
    const x = side === "Left" ? 1 : -1;
    add(`${side}ToeEnd`, `${side}Toe`, [0.1 * x, 0.035, 0.21]);
    fingers.forEach(([finger, z, from, length]) => {
      for (let part = 1; part <= 4; part++) {
        const along = (steps: number): Vector =>
          finger === "Thumb"
            ? [(from + 0.7 * steps * length) * x, 1.46, z + 0.7 * steps * length]
            : [(from + steps * length) * x, 1.47, z];
        const parent = part === 1 ? `${side}Hand` : `${side}Hand${finger}${part - 1}`;
        add(`${side}Hand${finger}${part}`, parent, along(part - 1), part < 4 ? along(part) : undefined, 0.011);
      }
    });
  }
  for (let i = 0; joints.length < count; i++) {
    const [strand, part] = [Math.floor(i / 4), i % 4];
    const [turn, ring] = [(strand % 16) / 16, Math.floor(strand / 16)];
    // A square of roots on the head will do for hair.
    const [x, z] = [squareWave(turn) * 0.1, squareWave(turn + 0.25) * 0.1 - 0.02];
    const y = (p: number) => 1.72 - 0.01 * ring - 0.055 * p;
    const parent = part === 0 ? "Head" : `Hair${strand}.${part - 1}`;
    add(`Hair${strand}.${part}`, parent, [x, y(part), z], [x, y(part + 1), z], 0.014, "hair");
  }
  return joints.slice(0, count);
}

const fingers: readonly [name: string, z: number, from: number, length: number][] = [
  ["Thumb", 0.03, 0.745, 0.03],
  ["Index", 0.03, 0.81, 0.026],
  ["Middle", 0.01, 0.81, 0.029],
  ["Ring", -0.01, 0.81, 0.026],
  ["Pinky", -0.03, 0.805, 0.021],
];

/** -1 to 1 around a square, by a turn of 0 to 1. */
function squareWave(turn: number): number {
  const t = (turn % 1) * 4;
  return t < 1 ? 1 : t < 2 ? 3 - 2 * t : t < 3 ? -1 : 2 * t - 7;
}
