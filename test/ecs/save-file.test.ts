import { spawnSync } from "node:child_process";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { createWorld, loadFile, saveFile } from "worldloom";
import { errorOf, everything, rng, runChanges, worldOfEverything } from "./persist.ts";

const folder = mkdtempSync(join(tmpdir(), "worldloom-save-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const world = worldOfEverything();
runChanges(world, rng(8), 300);

/** An empty folder of its own. */
function place(name: string): string {
  const path = join(folder, name);
  mkdirSync(path);
  return path;
}

test("a world goes to a file and comes back, over and over", () => {
  const at = place("again");
  const path = join(at, "world.save");
  for (let round = 0; round < 3; round++) {
    runChanges(world, rng(round), 20);
    saveFile(world, path);
    expect(loadFile(path, everything).hash()).toBe(world.hash());
  }
  expect(readdirSync(at)).toEqual(["world.save"]);
});

test("a link is followed, and what a crash left behind is in nobody's way", () => {
  const at = place("link");
  writeFileSync(join(at, "target"), "old");
  symlinkSync(join(at, "target"), join(at, "link"));
  writeFileSync(join(at, `.target.${process.pid}-0.tmp`), "left behind");
  saveFile(world, join(at, "link"));
  expect(loadFile(join(at, "target"), everything).hash()).toBe(world.hash());
  expect(readdirSync(at).sort()).toEqual([`.target.${process.pid}-0.tmp`, "link", "target"]);
});

test("places that cannot be written or read", () => {
  const at = place("bad");
  writeFileSync(join(at, "file"), "text");
  mkdirSync(join(at, "folder"));
  for (const path of [
    join(at, "none", "world"),
    join(at, "file", "world"),
    join(at, "folder"),
    `${at}/bad\0name`,
    "",
  ]) {
    const error = errorOf(() => saveFile(world, path));
    expect(error.code, path).toBe("file-io");
    expect(error.message).toMatch(/Check the path/);
  }
  expect(readdirSync(at).sort()).toEqual(["file", "folder"]);
  expect(errorOf(() => loadFile(join(at, "none"), everything)).code).toBe("file-io");
  expect(errorOf(() => loadFile(join(at, "folder"), everything)).code).toBe("file-io");
  const { code, message, operands } = errorOf(() => loadFile(join(at, "file"), everything));
  expect({ code, operands }).toMatchObject({ code: "bad-file", operands: { path: join(at, "file") } });
  expect(message).toContain(`${join(at, "file")}: This is not a whole save file`);
});

test("without permission the file that was there stays", (context) => {
  const at = place("locked");
  const path = join(at, "world");
  writeFileSync(path, "old");
  chmodSync(folder, 0o755);
  chmodSync(at, 0o555);
  // The superuser may write anywhere, so it becomes nobody for a while.
  const superuser = process.geteuid?.() === 0;
  try {
    if (superuser) process.seteuid?.(65_534);
  } catch (error) {
    context.skip(`run as the superuser: ${error}`);
  }
  try {
    const error = errorOf(() => saveFile(world, path));
    expect([error.code, (error.cause as { code?: string }).code]).toEqual(["file-io", "EACCES"]);
    expect(readFileSync(path, "utf8")).toBe("old");
  } finally {
    if (superuser) process.seteuid?.(0);
    chmodSync(at, 0o755);
  }
});

test("without space the file that was there stays, and nothing is left beside it", (context) => {
  const at = place("full");
  const path = join(at, "world");
  saveFile(createWorld({}), path);
  const before = readFileSync(path);
  const script = join(at, "..", "fill.ts");
  const source = new URL("../../src/index.ts", import.meta.url);
  writeFileSync(
    script,
    `import { component, createWorld, f64, saveFile } from ${JSON.stringify(source.href)};
const Position = component("Position", { x: f64 });
const world = createWorld({ components: [Position] });
world.spawnMany(20_000, Position);
try { saveFile(world, ${JSON.stringify(path)}); console.log("saved"); }
catch (error) { console.log(error.code, error.cause.code); }`,
  );
  // A limit of 16 KiB on files stands for a full disk.
  const run = spawnSync("bash", ["-c", 'ulimit -f 16 && "$0" "$1"', process.execPath, script], { encoding: "utf8" });
  if (run.error !== undefined) context.skip(`no shell: ${run.error.message}`);
  expect(run.stdout.trim(), run.stderr).toBe("file-io EFBIG");
  expect(readdirSync(at)).toEqual(["world"]);
  expect(Buffer.compare(readFileSync(path), before)).toBe(0);
  expect(statSync(path).size).toBeLessThan(16_384);
});

test.each<[string, () => unknown, RegExp]>([
  ["a world is saved to nowhere", () => saveFile(world, null as never), /^path must be a text, not null/],
  ["a world is saved to a file that is open", () => saveFile(world, 1 as never), /^path must be a text, not 1/],
  [
    "nothing is saved",
    () => saveFile(undefined as never, join(folder, "none")),
    /^world must be a world, not undefined/,
  ],
  ["a world is loaded from nowhere", () => loadFile(null as never), /^path must be a text, not null/],
  ["a world is loaded from a file that is open", () => loadFile(0 as never, everything), /^path must be a text, not 0/],
])("%s: refused", (_, act, message) => {
  expect(errorOf(act)).toMatchObject({ code: "bad-argument", message: expect.stringMatching(message) });
});
