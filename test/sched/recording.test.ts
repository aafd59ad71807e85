import { describe, expect, test } from "vitest";
import { readRecording, record } from "../../src/index.ts";
import { recordingFile } from "../../src/sched/record/format.ts";
import { frameHead, framesOf, startOf } from "../../src/sched/record/frame.ts";
import { Bytes, moving } from "./moving.ts";

describe("a recording whose checks are right", () => {
  test.for<[string, unknown]>([
    ["code", null],
    ["about", null],
    ["about", "a scene"],
    ["declared", [null]],
    ["stages", [null]],
    ["stages", [[1]]],
    ["stages", {}],
    ["tick", 0.5],
  ])("is refused if its head has a %s of %j", async ([name, value]) => {
    const bytes = new Bytes();
    record(await moving(3), bytes).close();
    const [head, ...others] = framesOf(bytes.all, recordingFile).map(({ kind, payload }) => ({ kind, payload }));
    const said = JSON.parse(new TextDecoder().decode(head!.payload));
    const payload = new TextEncoder().encode(JSON.stringify({ ...said, [name]: value }));
    const frames = [{ kind: head!.kind, payload }, ...others];
    const file = frames.flatMap((frame, i) => [frameHead(frame.kind, frame.payload, i), frame.payload]);
    expect(() => readRecording(Buffer.concat([startOf(recordingFile), ...file]))).toThrow(/its head lacks/);
  });
});
