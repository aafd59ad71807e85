import { describe, expect, test } from "vitest";
import { loop, ManualClock } from "../../src/index.ts";

function made() {
  const clock = new ManualClock();
  const simulation = {
    tick: 0,
    step() {
      this.tick++;
    },
  };
  return { clock, loop: loop(simulation, { clock, tickMs: 10, onError: () => {} }) };
}

describe("a listener that throws", () => {
  test.for(["in a step", "in a turn"])("%s keeps no other from the tick", async (when) => {
    const { clock, loop } = made();
    const stream = loop.follow();
    const told: number[] = [];
    loop.onTick(() => expect.fail("not today"));
    loop.onTick(({ tick }) => void told.push(tick));
    loop.onTick(() => expect.fail("nor today"));
    if (when === "in a step") expect(() => loop.step()).toThrow("not today");
    else {
      loop.start();
      clock.advance(50);
      expect(loop.state).toBe("paused");
    }
    expect([told, loop.ticks]).toEqual([[1], 1]);
    expect((await stream.next()).value?.tick).toBe(1);
    if (when === "in a turn") await expect(stream.next()).rejects.toThrow("not today");
    await loop.stop();
    expect(await stream.next()).toEqual({ done: true, value: undefined });
  });
});

describe("a stream", () => {
  test("that is left while a reader waits ends for that reader, too", async () => {
    const { loop } = made();
    const stream = loop.follow();
    const waiting = stream.next();
    await stream.return();
    expect([await waiting, stream.open]).toEqual([{ done: true, value: undefined }, false]);
    loop.step();
    expect(await stream.next()).toEqual({ done: true, value: undefined });
    expect(await stream.return()).toEqual({ done: true, value: undefined });
  });

  test("that a listener ends gets nothing more, and its loop goes on", async () => {
    const { loop } = made();
    const [stream, other] = [loop.follow(), loop.follow()];
    loop.onTick(() => void stream.return());
    loop.step();
    expect([await stream.next(), (await other.next()).value?.tick]).toEqual([{ done: true, value: undefined }, 1]);
  });
});

test("a loop says how fast it is", () => {
  const { loop } = made();
  expect(loop.speed).toBe(1);
  loop.speed = 2.5;
  expect(() => (loop.speed = 0)).toThrow(expect.objectContaining({ code: "bad-argument" }));
  expect(loop.speed).toBe(2.5);
});
