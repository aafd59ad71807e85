import { beforeAll, describe, expect, it } from "vitest";
import { ManualClock } from "../../../src/core/clock.ts";
import { Pool } from "../../../src/script/lua/pool.ts";
import { makeTemplate, type Template } from "../../../src/script/lua/template.ts";
import { fakeApi } from "../fake-host.ts";

let template: Template;
beforeAll(() => {
  template = makeTemplate(fakeApi);
});

describe("a pool of machines", () => {
  it("keeps some ready, and refills when others had their turn", () => {
    const clock = new ManualClock();
    const pool = new Pool(template, { least: 2, most: 4, clock });
    pool.warm();
    expect(pool.metrics).toEqual({ hits: 0, misses: 0, live: 0, ready: 2, wanted: 2 });
    const first = pool.take();
    expect(first.bytes.length).toBe(template.image.length);
    expect(pool.metrics).toMatchObject({ hits: 1, live: 1, ready: 1 });
    clock.advance(0);
    expect(pool.metrics.ready).toBe(2);
    pool.close();
  });
  it("wants more after a miss, and fewer after many hits", () => {
    const clock = new ManualClock();
    const pool = new Pool(template, { least: 1, most: 4, clock });
    pool.warm();
    pool.take();
    pool.take();
    expect(pool.metrics).toMatchObject({ misses: 1, wanted: 2 });
    pool.take();
    expect(pool.metrics).toMatchObject({ misses: 2, wanted: 4 });
    for (let i = 0; i < 6; i++) clock.advance(0);
    expect(pool.metrics.ready).toBe(4);
    for (let i = 0; i < 40; i++) pool.give(pool.take());
    expect(pool.metrics.wanted).toBe(3);
    pool.close();
  });
  it("gives machines back as they were at first, and none that grew", () => {
    const pool = new Pool(template, { least: 1, clock: new ManualClock() });
    const machine = pool.take();
    machine.bytes.fill(7, 100_000, 200_000);
    pool.give(machine);
    expect(pool.metrics.ready).toBe(1);
    expect(Buffer.compare(pool.take().bytes, template.image)).toBe(0);
    machine.grow(template.image.length + 65_536);
    pool.give(machine);
    expect(pool.metrics.ready).toBe(0);
    pool.close();
  });
  it("is closed once and for all", () => {
    const clock = new ManualClock();
    const pool = new Pool(template, { least: 2, clock });
    const machine = pool.take();
    pool.close();
    expect(clock.waiting).toBe(0);
    pool.give(machine);
    expect(pool.metrics).toMatchObject({ ready: 0, live: 0 });
    expect(() => pool.take()).toThrow(/closed/);
  });
});

describe("a template", () => {
  it("is the same each time it is made", () => {
    const again = makeTemplate(fakeApi);
    expect(again.hash).toBe(template.hash);
    expect(Buffer.compare(again.image, template.image)).toBe(0);
  });
  it("depends on the API", () => {
    expect(makeTemplate([]).hash).not.toBe(template.hash);
  });
});
