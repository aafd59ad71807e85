import { AssertionError, type ErrorCode, errorCodes, WorldloomError } from "../../core/errors.ts";

/** An error as a plain object, to be sent to another thread. */
export interface ErrorRecord {
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  readonly code: string | undefined;
  readonly operands: Readonly<Record<string, unknown>>;
  readonly cause: ErrorRecord | undefined;
}

/** Causes of causes beyond this many are left out. */
const DEPTH_MAX = 8;

/** What was thrown, errors or not. Operands that cannot be sent become text. */
export function recordOf(thrown: unknown, depth = 0): ErrorRecord {
  if (!(thrown instanceof Error))
    return { name: "Error", message: shown(thrown), stack: undefined, code: undefined, operands: {}, cause: undefined };
  const { cause } = thrown;
  // Whoever throws may have put anything there, such as a list of calls.
  const { name, message, stack }: { name: unknown; message: unknown; stack?: unknown } = thrown;
  const coded = thrown instanceof WorldloomError;
  const operands = Object.entries(coded ? thrown.operands : {}).map(([key, value]) => [key, sendable(value)]);
  return {
    name: shown(name),
    message: shown(message),
    stack: typeof stack === "string" ? stack : undefined,
    code: coded ? thrown.code : undefined,
    operands: Object.fromEntries(operands),
    cause: cause === undefined || depth === DEPTH_MAX ? undefined : recordOf(cause, depth + 1),
  };
}

/** The error again: with its code, message, operands, cause, and the stack of the thread that it comes from. */
export function errorOf({ name, message, stack, code, operands, cause }: ErrorRecord): Error {
  const because = cause === undefined ? undefined : errorOf(cause);
  let error: Error;
  if (code !== undefined && code in errorCodes) {
    error = new WorldloomError(code as ErrorCode, message, operands, because);
  } else if (name === "AssertionError") error = new AssertionError(message);
  else error = Object.assign(new Error(message, because === undefined ? {} : { cause: because }), { name });
  if (stack !== undefined) error.stack = stack;
  return error;
}

function sendable(value: unknown): unknown {
  try {
    return structuredClone(value);
  } catch {
    return shown(value);
  }
}

function shown(value: unknown): string {
  try {
    return String(value);
  } catch {
    return typeof value;
  }
}
