export type { ScriptScene } from "./cli/script-stage.ts";
export { scriptApi } from "./script/api/index.ts";
export type { ApiFunction, ApiNamespace, ApiParameter, ApiType } from "./script/api.ts";
export { type Budget, DEFAULT_BUDGET } from "./script/budget.ts";
export { type Capability, capabilities, type Profile, profiles } from "./script/capability.ts";
export { codeFrame } from "./script/code-frame.ts";
export { type DebugOptions, DebugServer, debugScripts } from "./script/debug/server.ts";
export type {
  AccessLayout,
  Column,
  DomainInspection,
  DomainOptions,
  ElementKind,
  EntityRow,
  FieldLayout,
  Hook,
  Outcome,
  ScriptChunk,
  ScriptDomain,
  ScriptEngine,
  ScriptManifest,
  ScriptSource,
  StateField,
  StateKind,
  UpdateBatch,
  Wait,
} from "./script/engine.ts";
export { type EngineFactory, type EngineOptions, scriptEngine } from "./script/engines.ts";
export { type FaultKind, type ScriptFault, ScriptStop } from "./script/fault.ts";
export { type WatchFiles, watchFiles } from "./script/folder-watch.ts";
export { type ApiFormat, apiFiles, describeApi } from "./script/generate/index.ts";
export { ScriptError, type ScriptHost } from "./script/host.ts";
export { type LintConfig, readLintConfig } from "./script/lint/config.ts";
export type { Edit, Finding, Fix, Severity } from "./script/lint/finding.ts";
export { createLinter, type FixedText, type Linter, type LintOptions } from "./script/lint/linter.ts";
export { printFinding } from "./script/lint/print.ts";
export { rules as lintRules } from "./script/lint/rules/index.ts";
export type { CacheMetrics, CacheOptions } from "./script/lua/cache.ts";
export type { LuaChunk } from "./script/lua/compile.ts";
export { type LuaEngine, type LuaOptions, luaEngine } from "./script/lua/engine.ts";
export type { LuaModuleSource } from "./script/lua/modules.ts";
export type { PoolMetrics, PoolOptions } from "./script/lua/pool.ts";
export type { Probe } from "./script/lua/probe.ts";
export type { ProbedCall } from "./script/lua/probed-call.ts";
export { profileScripts, ScriptProfiler } from "./script/profile/profiler.ts";
export { type LineProfile, profilePage, type ScriptProfile, type SourceProfile } from "./script/profile/report.ts";
export type { Fields, Filter, Hit, HostScope, Near, Place, Vec3 } from "./script/scope.ts";
export { ScriptCall } from "./script/systems/component-call.ts";
export { DEFAULT_PLACE, type PlaceOptions } from "./script/systems/component-place.ts";
export { Sound } from "./script/systems/component-sound.ts";
export { ScriptFaulted, ScriptReload, ScriptResume } from "./script/systems/events.ts";
export type { DomainHealth, ScriptHealth } from "./script/systems/health.ts";
export { type PhysicsOptions, physicsSystem, physicsTypes } from "./script/systems/physics.ts";
export {
  Collider,
  Collision,
  Contact,
  KinematicBody,
  PhysicsWorld,
  Separation,
} from "./script/systems/physics-components.ts";
export { MEETINGS_MAX } from "./script/systems/physics-pairs.ts";
export { DEFAULT_POLICY, type FaultPolicy } from "./script/systems/policy.ts";
export type { ReloadReport } from "./script/systems/reload.ts";
export type { Caller, LogLine } from "./script/systems/scope-caller.ts";
export { Script, type ScriptOptions } from "./script/systems/script.ts";
export {
  type AddOptions,
  createScripts,
  Scripts,
  type ScriptsOptions,
  type WorldTypes,
} from "./script/systems/scripts.ts";
export type { SpareColumns } from "./script/systems/spare.ts";
export { ScriptTask } from "./script/systems/tasks.ts";
export { ScriptWatch, type WatchOptions, type WatchReport, watchScripts } from "./script/systems/watch.ts";
export { codeHash, TrustList } from "./script/trust.ts";
export { UndoLog } from "./script/undo.ts";
export { type ScriptValue, VALUE_COUNT_MAX, VALUE_DEPTH_MAX } from "./script/value.ts";
export { WasmEngine, type WasmEngineOptions, wasmEngine } from "./script/wasm/engine.ts";
