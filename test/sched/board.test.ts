import { describe, expect, test } from "vitest";
import { Board, CALL, TASKS_MAX } from "../../src/sched/lanes/board.ts";

const LANES = 3;
/** The words of a board that count tasks: the first open one, the end of the list, those that have ended. */
const COUNTERS = [16, 32, 48];

function boardOf(): Board {
  const board = new Board(new Int32Array(new SharedArrayBuffer(Board.bytes())), false);
  board.shares = LANES;
  return board;
}

/** Publishes `count` tasks in equal shares, numbered by their first operand from `first` on. */
function publish(board: Board, count: number, first = 0): void {
  for (let i = 0; i < count; i++) board.publish(CALL, 0, Math.floor((i * LANES) / count), first + i, 0, 0, 0);
  board.call();
}

const numberAt = (board: Board, at: number): number => board.words[at + 1]!;

describe("a board", () => {
  test("gives a lane its own share from the front, then those of others from the back", () => {
    const board = boardOf();
    publish(board, 9);
    const taken: number[] = [];
    for (let at = board.claim(1); at >= 0; at = board.claim(1)) taken.push(numberAt(board, at));
    expect(taken).toEqual([3, 4, 5, 8, 7, 6, 2, 1, 0]);
    expect(board.waiting).toBe(false);
    expect(board.open).toBe(9);
  });

  test("shows tasks when it is told to", () => {
    const board = boardOf();
    board.publish(CALL, 0, 0, 7, 0, 0, 0);
    expect([board.open, board.waiting, board.claim(0)]).toEqual([1, false, -1]);
    board.call();
    expect(numberAt(board, board.claim(0))).toBe(7);
  });

  test.each([
    ["however often its list has gone round", 0],
    ["also past the largest number", 2 ** 31 - TASKS_MAX],
  ])("gives each task to one lane, %s", (_, start) => {
    const board = boardOf();
    for (const word of COUNTERS) board.words[word] = start;
    let next = 0;
    for (let round = 0; next < TASKS_MAX * 3; round++) {
      const count = 1 + (round % 97);
      publish(board, count, next);
      const taken: number[] = [];
      for (let turn = round; ; turn++) {
        // Lanes that came for others that were lost have higher numbers.
        const lane = (turn * 5) % 7;
        const at = board.claim(lane);
        if (at < 0) break;
        taken.push(numberAt(board, at));
        expect(board.running()).toEqual([lane]);
        expect(board.end(at, lane)).toBe(true);
      }
      expect(taken.sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, i) => next + i));
      expect(board.open).toBe(0);
      next += count;
    }
  });

  test("gives up what a lost lane has taken, which ends nothing after that", () => {
    const board = boardOf();
    publish(board, 3);
    const [lost, kept] = [board.claim(1), board.claim(2)];
    expect(board.running()).toEqual([1, 2]);
    expect(board.giveUp((lane) => lane === 1)).toBe(1);
    expect([board.end(lost, 1), board.end(kept, 2), board.open]).toEqual([false, true, 1]);
  });
});
