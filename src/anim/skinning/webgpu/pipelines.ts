import { type GpuDevice, STAGE_COMPUTE } from "./api.ts";
import { unavailable } from "./device.ts";
import { skinShader } from "./shader.ts";

export interface Pipelines {
  readonly layout: object;
  readonly linear: object;
  readonly dual: object;
}

/** Compiles the shaders. Throws `skinner-unavailable` where the device cannot. */
export async function makePipelines(device: GpuDevice): Promise<Pipelines> {
  const layout = device.createBindGroupLayout({
    entries: [
      { binding: 0, visibility: STAGE_COMPUTE, buffer: { type: "read-only-storage" } },
      { binding: 1, visibility: STAGE_COMPUTE, buffer: { type: "read-only-storage" } },
      { binding: 2, visibility: STAGE_COMPUTE, buffer: { type: "uniform", hasDynamicOffset: true } },
      { binding: 3, visibility: STAGE_COMPUTE, buffer: { type: "storage" } },
    ],
  });
  // What is wrong with the shaders is told by the pipelines made of them.
  device.pushErrorScope("validation");
  const module = device.createShaderModule({ label: "skinning", code: skinShader });
  device.popErrorScope().catch(() => {});
  const pipelineLayout = device.createPipelineLayout({ bindGroupLayouts: [layout] });
  const make = (entryPoint: string) =>
    device.createComputePipelineAsync({
      label: `skinning, ${entryPoint}`,
      layout: pipelineLayout,
      compute: { module, entryPoint },
    });
  try {
    const [linear, dual] = await Promise.all([make("linear"), make("dual")]);
    return { layout, linear, dual };
  } catch (cause) {
    throw unavailable(`it refuses the shaders (${cause instanceof Error ? cause.message : cause})`, {}, cause);
  }
}
