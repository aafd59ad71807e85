/**
 * A program given on the command line is none for a thread. Else a thread has the flags of the process: those of the engine
 * cannot be given to it.
 */
export function workerFlags(): { execArgv?: string[] } {
  return process.execArgv.some((flag) => flag.startsWith("--input-type")) ? { execArgv: [] } : {};
}
