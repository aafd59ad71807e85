import { WorldloomError } from "../../src/index.ts";

/** The code of the error that `act` throws; undefined if it throws none. */
export function code(act: () => unknown): string | undefined {
  try {
    act();
  } catch (error) {
    if (error instanceof WorldloomError) return error.code;
    throw error;
  }
  return undefined;
}
