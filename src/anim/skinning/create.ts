import { expectInstance, expectOptions, type Known, said } from "../../core/argument.ts";
import { type Clock, systemClock } from "../../core/clock.ts";
import { WorldloomError } from "../../core/errors.ts";
import { AnimArena } from "../arena.ts";
import { AutoSkinner, type SkinnerReport } from "./auto.ts";
import {
  type BackendReport,
  CALIBRATION,
  type CalibrationOptions,
  calibrationMesh,
  calibrationOf,
  measure,
  reasonOf,
} from "./calibration.ts";
import { createJobsSkinner } from "./jobs-skinner.ts";
import { type CpuSkinner, type Skinner, type SkinnerBackend, skinnerBackends } from "./skinner.ts";
import type { DeviceOptions } from "./webgpu/device.ts";
import { createWebGpuSkinner, type WebGpuSkinner } from "./webgpu/skinner.ts";

export interface SkinnerOptions extends DeviceOptions {
  /** Unless given `auto`: the fastest of those that can be had, and another one when it fails. */
  readonly backend?: "auto" | SkinnerBackend;
  /** That of the meshes and palettes. */
  readonly arena: AnimArena;
  /** For `auto`: what backends are compared by. */
  readonly calibration?: CalibrationOptions;
  /** For `auto`: gets one line about the choice, and one for each backend that fails later. */
  readonly log?: (line: string) => void;
  /** For `auto`: what times the calibration; the clock of the process unless given. */
  readonly clock?: Clock;
  /** Opens backends in place of what Worldloom has. */
  readonly open?: Partial<Record<SkinnerBackend, () => Skinner | Promise<Skinner>>>;
}

const KNOWN: Known<SkinnerOptions> = {
  ...{ backend: true, arena: true, calibration: true, log: true, clock: true, open: true },
  ...{ device: true, force: true, load: true },
};
const BACKENDS: Known<NonNullable<SkinnerOptions["open"]>> = { webgpu: true, native: true, reference: true };

/**
 * What skins meshes. `auto` measures each backend at the start, with a made-up mesh and with the way back of the results,
 * takes the fastest and says why; it fails only where no backend can be had. A backend that is asked for by name is
 * had, or `skinner-unavailable` or `peer-missing` says why not. Throws `bad-argument`.
 */
export function createSkinner(
  options: SkinnerOptions & { readonly backend: "native" | "reference" },
): Promise<CpuSkinner>;
export function createSkinner(options: SkinnerOptions & { readonly backend: "webgpu" }): Promise<WebGpuSkinner>;
export function createSkinner(options: SkinnerOptions & { readonly backend?: "auto" }): Promise<AutoSkinner>;
export function createSkinner(options: SkinnerOptions): Promise<Skinner>;
export async function createSkinner(options: SkinnerOptions): Promise<Skinner> {
  checkOptions(options);
  const { backend = "auto" } = options;
  expectInstance(options.arena, AnimArena, "options.arena", "an AnimArena");
  if (backend === "auto") return createAuto(options);
  if (skinnerBackends.includes(backend)) return openBackend(backend, options);
  throw new WorldloomError(
    "bad-argument",
    `The backend "${said(backend)}" does not exist; use auto, ${skinnerBackends.join(", ")}.`,
    { backend },
  );
}

function checkOptions(options: SkinnerOptions): void {
  expectOptions(options, "options", KNOWN);
  const { calibration, open } = options;
  if (calibration !== undefined) expectOptions(calibration, "options.calibration", CALIBRATION);
  if (open !== undefined) expectOptions(open, "options.open", BACKENDS);
}

async function createAuto(options: SkinnerOptions): Promise<AutoSkinner> {
  const { arena, clock = systemClock, log } = options;
  const calibration = calibrationOf(options.calibration);
  const { mesh, palette } = calibrationMesh(arena, calibration);
  const open: { skinner: Skinner; ms: number }[] = [];
  const backends: BackendReport[] = [];
  try {
    for (const backend of skinnerBackends) {
      let skinner: Skinner | undefined;
      try {
        skinner = await openBackend(backend, options);
        const ms = await measure(skinner, mesh, palette, calibration, clock);
        open.push({ skinner, ms });
        backends.push({ backend, status: "measured", ms });
      } catch (cause) {
        backends.push({ backend, status: skinner === undefined ? "unavailable" : "failed", reason: reasonOf(cause) });
        skinner?.dispose();
      }
    }
  } finally {
    mesh.dispose();
  }
  const best = open.reduce((a, b) => (b.ms < a.ms ? b : a), open[0]!);
  if (best === undefined) {
    throw new WorldloomError(
      "skinner-unavailable",
      `No backend of skinning can be had: ${backends.map(({ backend, reason }) => `${backend}: ${reason}`).join("; ")}.`,
      { backends },
    );
  }
  // One stands in for another in a fixed order, whatever the calibration said of those behind.
  const from = open.indexOf(best);
  for (const { skinner } of open.slice(0, from)) skinner.dispose();
  const skinners = open.slice(from).map(({ skinner }) => skinner);
  const report: SkinnerReport = { chosen: best.skinner.backend, backends, failures: [] };
  const line = lineOf(report, `${calibration.meshes} x ${calibration.vertices} vertices`, calibration.keep);
  log?.(line);
  return new AutoSkinner({ report, line, skinners, arena, ...(log && { log }) });
}

/** `skinning runs on native, 0.021 ms for 1 x 10000 vertices; reference 1.2 ms; webgpu cannot be had: ...` */
function lineOf({ chosen, backends }: SkinnerReport, work: string, keep: "read" | "gpu"): string {
  const took = (backend: BackendReport) => `${backend.ms!.toPrecision(2)} ms`;
  const first = backends.find(({ backend }) => backend === chosen)!;
  const others = backends
    .filter((other) => other !== first)
    .map((other) => {
      if (other.status === "measured") return `${other.backend} ${took(other)}`;
      return `${other.backend} ${other.status === "failed" ? "failed" : "cannot be had"}: ${other.reason}`;
    });
  const way = keep === "read" ? ", read back" : ", left where they are";
  return [`skinning runs on ${chosen}, ${took(first)} for ${work}${way}`, ...others].join("; ");
}

function openBackend(backend: SkinnerBackend, options: SkinnerOptions): Skinner | Promise<Skinner> {
  const own = options.open?.[backend];
  if (own !== undefined) return own();
  return backend === "webgpu" ? createWebGpuSkinner(options.arena, options) : createJobsSkinner(options.arena, backend);
}
