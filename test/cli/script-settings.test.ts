import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { choiceOf, configFlag, pathsBefore, scriptSettings, settingsOf } from "../../src/cli/script-settings.ts";

const { ticks, stream, profile, rate } = scriptSettings;
const flags = { ticks, stream, profile, rate, ...configFlag, json: { kind: "switch", summary: "JSON" } } as const;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "worldloom-settings-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const config = (content: unknown, name = "worldloom.json"): string => {
  const file = join(folder, name);
  writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content));
  return file;
};
const read = (words: string[], env: Record<string, string> = {}) => settingsOf(flags, words, { env, folder });

describe("settings", () => {
  test("are the defaults where nobody says anything", () => {
    expect(read([])).toMatchObject({ ticks: 60, stream: false, profile: "standard", rate: 60, json: false });
  });

  test("come from the file, over that the environment, over that the command line", () => {
    config({ script: { ticks: 1, rate: 10, profile: "minimal", stream: true } });
    expect(read([])).toMatchObject({ ticks: 1, rate: 10, profile: "minimal", stream: true });
    const env = { WORLDLOOM_SCRIPT_TICKS: "2", WORLDLOOM_SCRIPT_RATE: "20", WORLDLOOM_SCRIPT_STREAM: "0" };
    expect(read([], env)).toMatchObject({ ticks: 2, rate: 20, profile: "minimal", stream: false });
    expect(read(["--ticks", "3", "--stream"], env)).toMatchObject({ ticks: 3, rate: 20, stream: true });
  });

  test.each([
    [["--no-stream"], { script: { stream: true } }, {}, false],
    [["--no-stream"], {}, { WORLDLOOM_SCRIPT_STREAM: "true" }, false],
    [[], { script: { stream: false } }, { WORLDLOOM_SCRIPT_STREAM: "1" }, true],
    [["--stream"], { script: { stream: false } }, {}, true],
  ])("%s over %o and %o is %s", (words, file, env, expected) => {
    config(file);
    expect(read(words, env as Record<string, string>).stream).toBe(expected);
  });

  test("come from another file by --config", () => {
    config({ script: { ticks: 1 } });
    const other = config({ script: { ticks: 9 } }, "other.json");
    expect(read(["--config", other]).ticks).toBe(9);
    expect(read([`--config=${other}`]).ticks).toBe(9);
  });

  test("may be for other verbs", () => {
    config({ script: { history: "here", debounce: 5 } });
    expect(read([], { WORLDLOOM_SCRIPT_MEMORY_MIB: "7" })).not.toHaveProperty("history");
  });

  test.each([
    [{ script: { tick: 5 } }, {}, /worldloom\.json: script\.tick sets nothing that there is; there are: engine,/],
    [{ scripts: {} }, {}, /"scripts" is none of its keys/],
    [{ script: [] }, {}, /script is no object/],
    [{ script: { ticks: [5] } }, {}, /script\.ticks must be a number/],
    [{ script: { ticks: "many" } }, {}, /worldloom\.json: script\.ticks: --ticks must be a whole number/],
    [{ script: { stream: "maybe" } }, {}, /script\.stream must be true or false, not "maybe"/],
    [{ script: { json: true } }, {}, /script\.json sets nothing/],
    ["{ script", {}, /worldloom\.json cannot be read/],
    ["[]", {}, /it is no object/],
    [{}, { WORLDLOOM_SCRIPT_TIKS: "1" }, /WORLDLOOM_SCRIPT_TIKS sets nothing/],
    [{}, { WORLDLOOM_SCRIPT_TICKS: "-1" }, /WORLDLOOM_SCRIPT_TICKS: --ticks must be/],
    [{}, { WORLDLOOM_SCRIPT_STREAM: "yes" }, /WORLDLOOM_SCRIPT_STREAM must be true or false/],
  ])("%o with %o is refused", (file, env, message) => {
    config(file);
    expect(() => read([], env as Record<string, string>)).toThrow(message);
  });

  test("refuse a file that is not there, and flags that are not", () => {
    expect(() => read(["--config", join(folder, "none.json")])).toThrow(/There is no configuration file/);
    expect(() => read(["--tiks", "1"])).toThrow(/did you mean --ticks/);
    expect(() => read(["--no-ticks"])).toThrow(/no-ticks/);
  });

  test("have choices", () => {
    expect(choiceOf("profile", "minimal", ["minimal", "standard"])).toBe("minimal");
    expect(() => choiceOf("profile", "root", ["minimal", "standard"])).toThrow(
      /--profile must be one of minimal, standard, not "root"/,
    );
  });

  test("stand behind the paths", () => {
    expect(pathsBefore(["a", "b", "--ticks", "1"])).toEqual([
      ["a", "b"],
      ["--ticks", "1"],
    ]);
    expect(pathsBefore(["a"])).toEqual([["a"], []]);
  });
});
