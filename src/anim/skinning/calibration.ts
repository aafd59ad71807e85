import type { Known } from "../../core/argument.ts";
import type { Clock } from "../../core/clock.ts";
import { WorldloomError } from "../../core/errors.ts";
import type { AnimArena } from "../arena.ts";
import { SkinnedMesh } from "../skinned-mesh.ts";
import type { Skinner, SkinnerBackend } from "./skinner.ts";

/** The work by which `auto` compares backends: give it what a frame of yours looks like. */
export interface CalibrationOptions {
  /** Vertices of each mesh; 10,000 unless given. */
  readonly vertices?: number;
  /** Joints of each palette; 100 unless given. */
  readonly joints?: number;
  /** Meshes in one submit; 1 unless given. */
  readonly meshes?: number;
  /** Where the results are wanted; `read` unless given, so that the way back from a graphics card counts. */
  readonly keep?: "read" | "gpu";
  /** Timed submits of each backend, of which the median counts; 5 unless given. Before them runs one that is not timed. */
  readonly runs?: number;
}

export const CALIBRATION: Known<CalibrationOptions> = {
  vertices: true,
  joints: true,
  meshes: true,
  keep: true,
  runs: true,
};

/** What became of one backend. */
export interface BackendReport {
  readonly backend: SkinnerBackend;
  /** `unavailable`: it cannot be had. `failed`: it broke while it was measured. */
  readonly status: "measured" | "unavailable" | "failed";
  /** Median of one submit with its collect. */
  readonly ms?: number;
  readonly reason?: string;
}

/** Why a backend failed, as short as its error has it. */
export function reasonOf(cause: unknown): string {
  if (cause instanceof WorldloomError && typeof cause.operands.reason === "string") return cause.operands.reason;
  return cause instanceof Error ? cause.message : String(cause);
}

const JOINTS_MAX = 1024;
const INFLUENCES = 4;

export type Calibration = Required<CalibrationOptions>;

export function calibrationOf(options: CalibrationOptions = {}): Calibration {
  const { vertices = 10_000, joints = 100, meshes = 1, keep = "read", runs = 5 } = options;
  const count = (value: number, max: number) => Math.min(max, Math.max(1, Math.floor(value) || 1));
  return {
    vertices: count(vertices, 1_000_000),
    joints: count(joints, JOINTS_MAX),
    meshes: count(meshes, 1000),
    keep,
    runs: count(runs, 100),
  };
}

/** Milliseconds that a skinner takes for one submit and its collect: the median of some. */
export async function measure(
  skinner: Skinner,
  mesh: SkinnedMesh,
  palette: Float32Array,
  { meshes, keep, runs }: Calibration,
  clock: Clock,
): Promise<number> {
  const id = skinner.addMesh(mesh);
  try {
    const requests = Array.from({ length: meshes }, () => ({ mesh: id, palette, keep }));
    const times: number[] = [];
    for (let run = 0; run <= runs; run++) {
      const fromMs = clock.nowMs();
      const ticket = skinner.submit(requests);
      await skinner.collect(ticket);
      times.push(clock.nowMs() - fromMs);
      skinner.release(ticket);
    }
    const timed = times.slice(1).sort((a, b) => a - b);
    return timed[timed.length >> 1]!;
  } finally {
    skinner.removeMesh(id);
  }
}

/** A tube along a chain of joints, with 1 to 4 influences a vertex, and a palette for it. */
export function calibrationMesh(arena: AnimArena, { vertices, joints }: Calibration) {
  const positions = new Float32Array(vertices * 3);
  const normals = new Float32Array(vertices * 3);
  const numbers = new Uint16Array(vertices * INFLUENCES);
  const weights = new Float32Array(vertices * INFLUENCES);
  for (let vertex = 0; vertex < vertices; vertex++) {
    const along = (vertex / vertices) * joints;
    const side = vertex % 2 === 0 ? 1 : -1;
    positions.set([side, along, 1 - side], vertex * 3);
    normals.set([side, 0, 0], vertex * 3);
    const influences = 1 + (vertex % INFLUENCES);
    for (let i = 0; i < influences; i++) {
      numbers[vertex * INFLUENCES + i] = Math.min(joints - 1, Math.floor(along) + i);
      weights[vertex * INFLUENCES + i] = 1 / influences;
    }
  }
  // So that the mesh has as many joints as was asked for.
  numbers[(vertices - 1) * INFLUENCES] = joints - 1;
  const palette = new Float32Array(joints * 12);
  for (let joint = 0; joint < joints; joint++) palette.set([1, 0, 0, joint, 0, 1, 0, 0, 0, 0, 1, 0], joint * 12);
  const mesh = SkinnedMesh.create(arena, { positions, normals, influences: INFLUENCES, joints: numbers, weights });
  return { mesh, palette };
}
