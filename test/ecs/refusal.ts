import { expect } from "vitest";
import { type ErrorCode, type World, WorldloomError } from "../../src/index.ts";

/** The coded error that `act` throws; fails the test if it throws something else, or nothing. */
export function refusal(act: () => unknown): WorldloomError {
  try {
    act();
  } catch (error) {
    if (error instanceof WorldloomError) return error;
    throw error;
  }
  return expect.fail("nothing was thrown");
}

/** Expects `act` to throw `code` with a message that says `hint`, and to leave `world` as it was. */
export function expectRefused(world: World, act: () => unknown, code: ErrorCode, hint: RegExp): void {
  const before = [world.hash(), world.contentHash(), world.entityCount];
  const error = refusal(act);
  expect({ code: error.code, message: error.message }).toEqual({ code, message: expect.stringMatching(hint) });
  expect([world.hash(), world.contentHash(), world.entityCount]).toEqual(before);
}
