import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { progress } from "../../src/cli/progress.ts";
import { htmlReport } from "../../src/cli/report.ts";
import { writeWhole } from "../../src/cli/run-files.ts";
import { histogram, roundStep, summarise } from "../../src/cli/statistics.ts";
import { formatBytes, formatCount, formatMs, textTable } from "../../src/cli/text.ts";

describe("statistics", () => {
  test("percentiles are nearest ranks", () => {
    const hundred = Array.from({ length: 100 }, (_, i) => 100 - i);
    expect(summarise(hundred)).toMatchObject({ p50: 50, p95: 95, p99: 99, max: 100 });
    expect(summarise(hundred.slice(99))).toMatchObject({ p50: 1, p95: 1, p99: 1, max: 1 });
  });

  test("a summary does not change the sample", () => {
    const values = [3, 1, 2];
    expect(summarise(values)).toEqual({ count: 3, mean: 2, min: 1, p50: 2, p95: 3, p99: 3, max: 3, total: 6 });
    expect(values).toEqual([3, 1, 2]);
    expect(summarise([])).toEqual({ count: 0, mean: 0, min: 0, p50: 0, p95: 0, p99: 0, max: 0, total: 0 });
  });

  test.each([
    [1, 1],
    [3, 5],
    [5, 5],
    [7, 10],
    [0.3, 0.5],
    [0.02, 0.02],
    [123, 200],
  ])("the round step for %f is %f", (size, step) => expect(roundStep(size)).toBeCloseTo(step, 12));

  test.each([
    [[1, 2, 2.5, 9], 10, 1, 5],
    [[4, 4, 4], 10, 4, 4],
    [[], 10, 0, 0],
  ])("a histogram of %j counts every value once", (values, bins, start, end) => {
    const { counts, above, step } = histogram(values, bins, start, end);
    expect(counts.reduce((a, b) => a + b, 0) + above).toBe(values.length);
    expect(step).toBeGreaterThan(0);
    expect(counts.length).toBeLessThanOrEqual(bins + 1);
  });
});

describe("text", () => {
  test("tables put numbers at the right", () => {
    expect(
      textTable(
        ["name", "ms"],
        [
          ["a", "1.5"],
          ["long name", "12.25"],
        ],
      ),
    ).toBe("name          ms\n---------  -----\na            1.5\nlong name  12.25");
    expect(textTable(["name"], [])).toBe("name\n----");
  });

  test("figures", () => {
    expect([0.0421, 0.5, 4.273, 153.2].map(formatMs)).toEqual(["0.0421", "0.500", "4.27", "153"]);
    expect([1234567, 1.25].map(formatCount)).toEqual(["1,234,567", "1.25"]);
    expect([512, 1536, 3 * 2 ** 30].map(formatBytes)).toEqual(["512 B", "1.5 KiB", "3.0 GiB"]);
  });
});

describe("progress", () => {
  /** What is written while 100 ticks of 60 ms go by. */
  function written(stream: { isTTY?: boolean; columns?: number }): string[] {
    const texts: string[] = [];
    let time = 0;
    const bar = progress({
      unit: "ticks",
      total: 1000,
      now: () => time,
      stream: { ...stream, write: (text) => texts.push(text) },
    });
    for (let done = 1; done <= 1000; done++) {
      time += 60;
      bar.update(done);
    }
    bar.end();
    return texts;
  }

  test("is a bar on a terminal, redrawn ten times a second at most and removed at the end", () => {
    const texts = written({ isTTY: true, columns: 60 });
    expect(texts.length).toBeLessThan(502);
    expect(texts[250]).toMatch(/50 % {2}\d+ of 1,000 ticks/);
    expect(texts[250]?.startsWith("\r\x1b[K")).toBe(true);
    expect(texts.every((text) => text.replace("\r\x1b[K", "").length < 60)).toBe(true);
    expect(texts.at(-1)).toBe("\r\x1b[K");
  });

  test("is a line every ten seconds elsewhere", () => {
    const texts = written({});
    expect(texts.length).toBe(5);
    expect(texts[0]).toBe("16 %  167 of 1,000 ticks  17/s  50 s left\n");
  });
});

describe("the report", () => {
  const base = {
    title: "<t>",
    subtitle: "s & s",
    facts: [["a", "<b>"]],
    firstTick: 100,
    systemMs: { "x<y": 1 },
    picture: undefined,
  } as const;

  test.each([0, 1, 5, 830, 831, 5000])("has plots of %i ticks without a number that is none", (count) => {
    const html = htmlReport({ ...base, tickMs: Array.from({ length: count }, (_, i) => (i % 7) * 0.3) });
    expect(html).not.toMatch(/NaN|Infinity|undefined/);
    expect(html.match(/<svg/g)).toHaveLength(2);
    expect(html).toContain("&lt;t&gt;");
    expect(html).toContain("x&lt;y");
    expect(html).not.toContain("<b>&");
  });

  test("keeps a spike visible when ticks share a column of pixels", () => {
    const tickMs = new Float64Array(50_000).fill(1);
    tickMs[31_234] = 100;
    const path = /class="line" d="([^"]+)"/.exec(htmlReport({ ...base, tickMs }))?.[1];
    expect(path).toMatch(/V14L/);
  });
});

test("a file is written whole or stays as it is", () => {
  const folder = mkdtempSync(join(tmpdir(), "whole-"));
  const path = join(folder, "file");
  writeFileSync(path, "old");
  writeWhole(path, "new");
  expect(readFileSync(path, "utf8")).toBe("new");
  const full = "/dev/full";
  if (existsSync(full))
    expect(() => writeWhole(join(full, "x"), "new")).toThrow(expect.objectContaining({ code: "file-io" }));
  expect(() => writeWhole(folder, "new")).toThrow(expect.objectContaining({ code: "file-io" }));
  expect(readdirSync(folder)).toEqual(["file"]);
  rmSync(folder, { recursive: true });
});
