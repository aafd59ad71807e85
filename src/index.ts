/// <reference lib="esnext.disposable" preserve="true" />

export type { Flag, Flags, FlagValues } from "./cli/flags.ts";
export type { Scene, SceneOptions, SceneRun } from "./cli/run-scene.ts";
export { type Clock, ManualClock, systemClock } from "./core/clock.ts";
export { AssertionError, type ErrorCode, type ErrorOperands, errorCodes, WorldloomError } from "./core/errors.ts";
export { randomBelow, randomBits, randomFloat, streamOf } from "./core/prng.ts";
export type { Applied, Recorded } from "./ecs/apply.ts";
export { Arena, type ArenaOptions, defaultArena } from "./ecs/arena.ts";
export type { ApplyOptions, StepOptions } from "./ecs/call-options.ts";
export type { ChunkContext } from "./ecs/chunk-context.ts";
export type { Commands, Ticket } from "./ecs/commands.ts";
export {
  type Component,
  type ComponentOptions,
  component,
  type Row,
  type RowInit,
  type Schema,
} from "./ecs/component.ts";
export type { Limits } from "./ecs/core.ts";
export { type Change, diffOf, type Pair, type WorldDiff } from "./ecs/diff.ts";
export { ENTITIES_MAX, type Entity, NONE } from "./ecs/entities.ts";
export { type EventType, event, type Happened, type InputType, input } from "./ecs/event.ts";
export type { EventChunk } from "./ecs/event-chunks.ts";
export {
  ARRAY_LANES_MAX,
  array,
  bool,
  entity,
  f32,
  f64,
  i8,
  i16,
  i32,
  str,
  u8,
  u16,
  u32,
  vec2,
  vec3,
  vec4,
} from "./ecs/field.ts";
export { FlowGrid, type GridOptions, pathLengths } from "./ecs/grid.ts";
export { integrate } from "./ecs/integrate.ts";
export type { SpawnItem } from "./ecs/item.ts";
export type { LaneCalls, Lanes } from "./ecs/lanes.ts";
export type { WorldMetrics } from "./ecs/metrics.ts";
export { type ChunkBody, loadBody, type SystemModule } from "./ecs/module.ts";
export { Name } from "./ecs/name.ts";
export type { ChangeKind, Observer } from "./ecs/observer.ts";
export { DEFAULT_LIMITS, type WorldOptions } from "./ecs/options.ts";
export { type Prefab, prefab } from "./ecs/prefab.ts";
export type { Query } from "./ecs/query.ts";
export type { Reader } from "./ecs/reader.ts";
export type { Region } from "./ecs/region.ts";
export { ChildOf, type Relation, relation } from "./ecs/relation.ts";
export { type Resource, resource } from "./ecs/resource.ts";
export { loadFile, saveFile } from "./ecs/save-file.ts";
export { type LoadOptions, loadWorld } from "./ecs/save-load.ts";
export { toScene } from "./ecs/scene.ts";
export type {
  SceneElement,
  SceneEntity,
  SceneFile,
  ScenePair,
  SceneReference,
  SceneValues,
} from "./ecs/scene-format.ts";
export { type SpawnedScene, type SpawnSceneOptions, spawnScene } from "./ecs/scene-load.ts";
export { COMPONENTS_MAX } from "./ecs/schema.ts";
export { type ColumnPath, ColumnSegments, type SegmentedColumn } from "./ecs/segments.ts";
export type { Snapshot } from "./ecs/snapshot.ts";
export { type Neighbours, SpatialIndex, type SpatialIndexOptions } from "./ecs/spatial-index.ts";
export type { RegionPlace } from "./ecs/state.ts";
export { type SteerOptions, steer } from "./ecs/steer.ts";
export { type System, type SystemContext, type SystemOptions, system } from "./ecs/system.ts";
export { added, anyOf, type ChunkOf, changed, optional, related, type Term, without, write } from "./ecs/term.ts";
export type { TickListener, TickOptions } from "./ecs/tick.ts";
export { propagate, Transform, WorldMatrix } from "./ecs/transform.ts";
export { STRING_LENGTH_MAX } from "./ecs/value.ts";
export { createWorld, type World } from "./ecs/world.ts";
export type { Explanation } from "./kernel/explain.ts";
export {
  Kernel,
  type KernelOptions,
  type KernelSystemOptions,
  kernel,
  kernelFunction,
  type RunOptions,
} from "./kernel/kernel.ts";
export type { KernelCalls, KernelFunction, KernelRow, KernelScope, Neighbour, UniformValues } from "./kernel/scope.ts";
export {
  DISTANCE_DIAGONAL,
  DISTANCE_MAX,
  DISTANCE_STRAIGHT,
  DISTANCE_UNREACHABLE,
  distanceScratchBytes,
  FIELD_CELLS_MAX,
  FLOW_GOAL,
  FLOW_NONE,
  flowStepX,
  flowStepY,
} from "./native/field.ts";
export { loadJobs } from "./native/index.ts";
export type { Jobs } from "./native/jobs.ts";
export { Memory, type MemoryOptions } from "./native/memory.ts";
export type { Picture } from "./raster/image.ts";
export { Durable, type DurableOptions, durable } from "./sched/durable/durable.ts";
export { type FileLogOptions, fileLog } from "./sched/durable/file-log.ts";
export type { DurableLog, Stored } from "./sched/durable/log.ts";
export type { Effect, OutboxOptions } from "./sched/durable/outbox.ts";
export type { Executor } from "./sched/executor.ts";
export { type ParallelOptions, parallel } from "./sched/executors/parallel.ts";
export { serial } from "./sched/executors/serial.ts";
export {
  type HostedWorld,
  type HostOptions,
  type HostQueryOptions,
  openWorld,
} from "./sched/host/host.ts";
export type { HostMetrics } from "./sched/host/protocol.ts";
export type { HostColumn, HostRows } from "./sched/host/rows.ts";
export type { CallOptions } from "./sched/host/thread.ts";
export { type Loop, type LoopOptions, type LoopState, type LoopTick, loop, type Ticking } from "./sched/loop.ts";
export {
  type Difference,
  describeDifference,
  type FirstDifference,
} from "./sched/record/difference.ts";
export { type Fault, type PlantedFault, plantFault } from "./sched/record/fault.ts";
export type { RecordingHead } from "./sched/record/format.ts";
export { type Recorder, type RecordOptions, record } from "./sched/record/recorder.ts";
export {
  type RecordedCheck,
  type RecordedPoint,
  type RecordedTick,
  type Recording,
  readRecording,
} from "./sched/record/recording.ts";
export {
  Replay,
  type Replayed,
  type ReplayOptions,
  type ReplayRunOptions,
  replay,
} from "./sched/record/replay.ts";
export { fileSink, type RecordingSink } from "./sched/record/sink.ts";
export { Rollback, type RollbackOptions } from "./sched/rollback.ts";
export { type Edge, Schedule, type ScheduleOptions, schedule } from "./sched/schedule.ts";
export {
  type Journal,
  type KeepOptions,
  Simulation,
  type SimulationOptions,
  simulate,
} from "./sched/simulation.ts";
export type { Stream, StreamOptions } from "./sched/stream.ts";
export { Histogram } from "./sched/trace/histogram.ts";
export { type TraceEvent, TraceRing, traceKind } from "./sched/trace/ring.ts";
export { SystemTimes } from "./sched/trace/times.ts";
export { Trace, type TraceOptions } from "./sched/trace/trace.ts";
export { type Prometheus, type PrometheusOptions, prometheus } from "./server/prometheus.ts";
