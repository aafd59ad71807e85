/**
 * What is used of WebGPU: a device of any implementation fits, and the declarations of Worldloom need none. Meanings are
 * those of the W3C's specification.
 */
export interface GpuEntry {
  requestAdapter(options?: { powerPreference?: "high-performance" }): Promise<GpuAdapter | null>;
}

export interface GpuAdapter {
  readonly info: GpuAdapterInfo;
  readonly limits: GpuLimits;
  requestDevice(descriptor?: { requiredLimits?: Record<string, number> }): Promise<GpuDevice>;
}

export interface GpuAdapterInfo {
  readonly vendor: string;
  readonly architecture: string;
  readonly device: string;
  readonly description: string;
  readonly isFallbackAdapter?: boolean;
}

export interface GpuLimits {
  readonly maxBufferSize: number;
  readonly maxStorageBufferBindingSize: number;
  readonly maxComputeWorkgroupsPerDimension: number;
}

/** A `GPUDevice`. */
export interface GpuDevice {
  readonly limits: GpuLimits;
  readonly queue: GpuQueue;
  readonly lost: Promise<{ readonly reason: string; readonly message: string }>;
  createBuffer(descriptor: { label?: string; size: number; usage: number }): GpuBuffer;
  createShaderModule(descriptor: { label?: string; code: string }): object;
  createBindGroupLayout(descriptor: { entries: GpuLayoutEntry[] }): object;
  createPipelineLayout(descriptor: { bindGroupLayouts: Iterable<unknown> }): object;
  createComputePipelineAsync(descriptor: {
    label?: string;
    layout: unknown;
    compute: { module: unknown; entryPoint?: string };
  }): Promise<object>;
  createBindGroup(descriptor: { layout: object; entries: Iterable<GpuBinding> }): object;
  createCommandEncoder(): GpuEncoder;
  pushErrorScope(filter: "validation" | "out-of-memory" | "internal"): void;
  popErrorScope(): Promise<{ readonly message: string } | null>;
  destroy(): void;
}

/** A `GPUBuffer`: cast it to that where a program has the types of WebGPU. */
export interface GpuBuffer {
  readonly size: number;
  mapAsync(mode: number, offset?: number, size?: number): Promise<undefined>;
  getMappedRange(offset?: number, size?: number): ArrayBuffer;
  unmap(): void;
  destroy(): void;
}

export interface GpuQueue {
  writeBuffer(buffer: GpuBuffer, offset: number, bytes: ArrayBuffer, from: number, size: number): void;
  submit(commands: Iterable<unknown>): void;
  onSubmittedWorkDone(): Promise<undefined>;
}

export interface GpuEncoder {
  beginComputePass(): GpuPass;
  copyBufferToBuffer(from: GpuBuffer, fromOffset: number, to: GpuBuffer, toOffset: number, size: number): void;
  finish(): object;
}

export interface GpuPass {
  setPipeline(pipeline: unknown): void;
  setBindGroup(index: number, group: unknown, dynamicOffsets?: number[]): void;
  dispatchWorkgroups(x: number, y?: number): void;
  end(): void;
}

export interface GpuBinding {
  binding: number;
  /** A `GPUBufferBinding`. */
  resource: unknown;
}

export interface GpuLayoutEntry {
  binding: number;
  visibility: number;
  buffer: { type: "read-only-storage" | "storage" | "uniform"; hasDynamicOffset?: boolean };
}

/** Bits of `GPUBufferUsage`, `GPUShaderStage` and `GPUMapMode`, which Node has no globals for. */
export const MAP_READ = 0x1;
export const COPY_SRC = 0x4;
export const COPY_DST = 0x8;
export const VERTEX = 0x20;
export const UNIFORM = 0x40;
export const STORAGE = 0x80;
export const STAGE_COMPUTE = 0x4;
export const MODE_READ = 0x1;
