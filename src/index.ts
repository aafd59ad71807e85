export { AssertionError, type ErrorCode, type ErrorOperands, errorCodes, WorldloomError } from "./core/errors.ts";
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
