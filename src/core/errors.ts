/**
 * Every operation that can fail throws a {@link WorldloomError} with a code from this table.
 * The text says what the code means; the message of a thrown error says what to do about it.
 */
export const errorCodes = {
  "anim-asset": "a skeleton, skin, mesh or model cannot be made as asked, or has been disposed",
  "anim-clip": "a clip cannot be made or used as asked",
  "anim-compress": "a clip cannot be compressed within the error that was asked for",
  "anim-joint": "a skeleton has no such joint",
  "anim-memory": "the assets and poses of animation do not fit into their arena",
  "anim-graph": "a graph of animations is declared wrongly, or does not fit its model",
  "arena-full": "the arena reached its limit of bytes",
  "arena-unsupported": "this platform cannot provide the memory that was asked for",
  "bad-argument": "an argument has the wrong type or is out of range",
  "bad-file": "a file is malformed, truncated or corrupted",
  "bad-map": "a .map or .scen file is malformed",
  "bad-schema": "a component, relation, resource or event is declared wrongly",
  "bad-value": "a value does not fit the type of its field",
  "code-mismatch": "the systems are not those that a recording was made with",
  "component-limit": "the world has as many components as it may have",
  "component-missing": "the entity does not have the component",
  "component-unknown": "the component is not registered in this world",
  "entity-limit": "the world has as many entities as it may have",
  "entity-stale": "the entity no longer exists, or never existed, in this world",
  "file-exists": "the target exists already",
  "file-io": "the file system refused the operation",
  "file-version": "the file was written by a newer version",
  "gltf-input": "a glTF file is malformed, truncated, past a limit, or uses what is not supported",
  "hierarchy-cycle": "a relation would make an entity its own ancestor",
  "host-failed": "the thread of a hosted world failed, ended or did not answer",
  "host-timeout": "a hosted world did not answer within the time it was given",
  "index-stale": "a system used a spatial index that was not built in its tick",
  "job-input": "a job got an offset, count or scalar outside its range",
  "jobs-unavailable": "the requested implementation of the jobs cannot be loaded",
  "kernel-source": "the function of a kernel uses what kernels cannot do",
  "lane-failed": "a thread that took part in a tick failed, ended or did not answer",
  "lane-full": "a thread recorded more commands in a stage than it has room for",
  "loop-running": "the loop makes ticks by itself",
  "module-failed": "a module cannot be loaded, or lacks what it should export",
  "name-taken": "the name is in use",
  "nan-forbidden": "a field that forbids NaN would hold one",
  nondeterminism: "running the same tick twice gave different hashes",
  "observer-failed": "an observer or journal threw while a recording was replayed",
  "peer-missing": "an optional package is not installed",
  "query-limit": "the world has as many queries as it may have",
  "schema-mismatch": "two worlds or files have different schemas",
  "schedule-ambiguous": "systems that conflict lack an order",
  "schedule-cycle": "the order of systems is a circle",
  "schedule-mismatch": "the schedule is not the one that a recording was made with",
  "script-denied": "a script may not do that",
  "script-disposed": "a script engine was used after it had been disposed",
  "script-fault": "a call of a script failed or went past a budget",
  "script-invalid": "a script, module or manifest is not what its engine takes",
  "script-state": "the state of a script cannot be carried over",
  "script-syntax": "the source of a script is malformed",
  "script-unknown": "no script, module, engine or domain has that name",
  "script-value": "a value cannot cross between a script and its host",
  "simulation-closed": "the simulation or executor has been closed",
  "skin-input": "a mesh or a request to skin it is malformed",
  "skin-ticket": "the results of a submit are gone, or too many wait to be collected",
  "skinner-failed": "a backend of skinning failed while it ran",
  "skinner-unavailable": "a backend of skinning cannot be had on this machine",
  "stream-full": "a reader did not keep up with what it follows",
  "string-limit": "the world has as many strings as it may have",
  "structure-locked": "the structure of the world cannot change here",
  "tensor-disposed": "a tensor was used after it had been disposed",
  "tensor-dtype": "an operation does not take elements of that type",
  "tensor-file": "a file of tensors is malformed, truncated or not supported",
  "tensor-gradient": "a function cannot be differentiated as asked",
  "tensor-index": "an index lies outside the axis that it selects from",
  "tensor-memory": "the tensors do not fit into their arena",
  "tensor-plan": "a plan cannot be made, or got other inputs than it was compiled for",
  "tensor-shape": "shapes or axes do not fit the operation",
  "tensor-traced": "a value that is not known yet was read while a function was traced",
  "tensor-value": "a value is not finite, or not in the range that the operation takes",
  "tick-failed": "a system threw; the tick was dropped and the world is as before",
  "undeclared-access": "a system obtained columns that it did not declare",
  "undeclared-write": "a system wrote memory that it did not declare",
  usage: "the command line is not understood",
  "view-expired": "a column view was used after its iteration ended",
  "world-disposed": "the world, snapshot, rollback or arena has been disposed",
} as const;

export type ErrorCode = keyof typeof errorCodes;

/** The operands of a failed operation, for programs; the message is for people. */
export type ErrorOperands = Readonly<Record<string, unknown>>;

/** An operation that failed: a stable `code`, the operands as `operands`, and a message that says what to do. */
export class WorldloomError extends Error {
  readonly code: ErrorCode;
  readonly operands: ErrorOperands;

  constructor(code: ErrorCode, message: string, operands: ErrorOperands = {}, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "WorldloomError";
    this.code = code;
    this.operands = operands;
  }
}

/** Whether it is a {@link WorldloomError}, also of another copy of this package. */
export function isCoded(error: unknown): error is WorldloomError {
  return (
    error instanceof Error && error.name === "WorldloomError" && typeof (error as WorldloomError).code === "string"
  );
}

/** A bug in the caller. Never caught. */
export class AssertionError extends Error {
  override name = "AssertionError";
}

/** Throws {@link AssertionError} unless `condition` holds. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new AssertionError(message);
}
