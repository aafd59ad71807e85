import { AnimArena } from "../../../src/anim/arena.ts";
import { createJobsSkinner } from "../../../src/anim/skinning/jobs-skinner.ts";
import { type GpuDevice, MAP_READ } from "../../../src/anim/skinning/webgpu/api.ts";
import { type OpenDevice, openDevice } from "../../../src/anim/skinning/webgpu/device.ts";

/** A device for tests, software or not; undefined, with a line that says why, where there is none. */
export async function openGpu(): Promise<OpenDevice | undefined> {
  try {
    return await openDevice({ force: true });
  } catch (error) {
    console.log(`skipped: skinning on WebGPU (${message(error)} npm run software-vulkan fetches a software driver.)`);
    return undefined;
  }
}

/** Why the native backend cannot be had; it is printed. */
export function nativeFault(): string | undefined {
  try {
    createJobsSkinner(new AnimArena(), "native").dispose();
    return undefined;
  } catch (error) {
    console.log(`skipped: native skinning (${message(error)})`);
    return message(error);
  }
}

function message(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** A device with some of its members replaced. */
export function altered(device: GpuDevice, members: Partial<GpuDevice>): GpuDevice {
  return new Proxy(device, {
    get(target, name) {
      if (Object.hasOwn(members, name)) return members[name as keyof GpuDevice];
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

/**
 * A device that can be lost as one that hangs: what is read back never comes, then `lose` ends it. A real one must not
 * be destroyed while it works, drivers crash.
 */
export function losable(device: GpuDevice): { device: GpuDevice; lose(): void } {
  let lose = () => {};
  const lost = new Promise<{ reason: string; message: string }>((resolve) => {
    lose = () => resolve({ reason: "unknown", message: "it fell off the bus" });
  });
  const hanging = altered(device, {
    lost,
    createBuffer: (descriptor) => {
      const buffer = device.createBuffer(descriptor);
      if ((descriptor.usage & MAP_READ) !== 0) buffer.mapAsync = () => new Promise(() => {});
      return buffer;
    },
  });
  return { device: hanging, lose };
}
