import { WorldloomError } from "../../../core/errors.ts";
import { peerMissing } from "../../../core/peer.ts";
import type { GpuAdapter, GpuAdapterInfo, GpuDevice, GpuEntry } from "./api.ts";

const WEBGPU = "webgpu";
/** What a device was made of must stay in reach for as long as the device does: it works on nothing otherwise. */
const entries = new WeakMap<GpuDevice, GpuEntry>();

export interface DeviceOptions {
  /** A device to use, whatever it runs on. It stays the caller's: nobody else destroys it. */
  readonly device?: GpuDevice;
  /** Takes a software adapter, too, which is slower than the processor's own backends: for tests. */
  readonly force?: boolean;
  /** Loads the optional package in place of `import`. */
  readonly load?: (name: string) => Promise<unknown>;
}

export interface OpenDevice {
  readonly device: GpuDevice;
  /** The adapter in words. */
  readonly text: string;
  /** Whether the processor does the work of the graphics card. */
  readonly software: boolean;
  /** Destroys the device if it was opened here, as soon as it has done its work: drivers crash where it has not. */
  close(): void;
}

/**
 * The device that was given, or one of the fastest adapter: of the browser, else of the optional package webgpu. Throws
 * `skinner-unavailable` where there is none or only software, `peer-missing` without the package.
 */
export async function openDevice(options: DeviceOptions = {}): Promise<OpenDevice> {
  if (options.device !== undefined)
    return { device: options.device, text: "the caller's device", software: false, close: () => {} };
  const entry = await gpuEntry(options.load);
  const adapter = await entry.requestAdapter({ powerPreference: "high-performance" });
  if (adapter === null) throw unavailable("no graphics card has a driver for Vulkan, Metal or Direct3D 12");
  const text = [adapter.info.description, adapter.info.device, adapter.info.vendor].find(Boolean) ?? "unnamed adapter";
  const software = isSoftware(adapter.info);
  if (software && options.force !== true)
    throw unavailable(`${text} is software, which native skinning outruns; pass force: true to use it all the same`, {
      adapter: text,
    });
  const device = await requestDevice(adapter);
  entries.set(device, entry);
  const destroy = () => device.destroy();
  return { device, text, software, close: () => void device.queue.onSubmittedWorkDone().then(destroy, destroy) };
}

/** The error for a backend that cannot be had, with what to do. */
export function unavailable(reason: string, operands: object = {}, cause?: unknown): WorldloomError {
  return new WorldloomError(
    "skinner-unavailable",
    `Skinning on WebGPU cannot be had: ${reason}.`,
    { backend: "webgpu", reason, ...operands },
    cause,
  );
}

/** The error for a backend that breaks, or that a device is too small for: another backend would do. */
export function failed(reason: string, operands: object = {}, cause?: unknown): WorldloomError {
  return new WorldloomError(
    "skinner-failed",
    `Skinning on WebGPU failed: ${reason}. Use backend "auto", which goes on with another one.`,
    { backend: "webgpu", reason, ...operands },
    cause,
  );
}

async function gpuEntry(load: DeviceOptions["load"]): Promise<GpuEntry> {
  const browser = (globalThis as { navigator?: { gpu?: GpuEntry } }).navigator?.gpu;
  if (browser !== undefined && load === undefined) return browser;
  try {
    const peer = (await (load ?? ((name: string) => import(name)))(WEBGPU)) as { create(flags: string[]): GpuEntry };
    return peer.create([]);
  } catch (cause) {
    throw peerMissing("Skinning runs on graphics cards", [WEBGPU], cause);
  }
}

/** With the adapter's own limits where they decide how much fits into one submit. */
async function requestDevice(adapter: GpuAdapter): Promise<GpuDevice> {
  const { maxBufferSize, maxStorageBufferBindingSize } = adapter.limits;
  try {
    return await adapter.requestDevice({ requiredLimits: { maxBufferSize, maxStorageBufferBindingSize } });
  } catch (cause) {
    throw unavailable(`its device cannot be opened (${cause instanceof Error ? cause.message : cause})`, {}, cause);
  }
}

/** Whether the processor does an adapter's work: it says so, or it is one of those that are known to. */
function isSoftware({ isFallbackAdapter, vendor, architecture, device, description }: GpuAdapterInfo): boolean {
  const words = `${vendor} ${architecture} ${device} ${description}`;
  return isFallbackAdapter === true || /llvmpipe|lavapipe|swiftshader|software|basic render|\bwarp\b/i.test(words);
}
