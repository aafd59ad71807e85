import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "worldloom-cli-wasm-"));
afterAll(() => rmSync(folder, { recursive: true }));

function worldloom(...words: string[]) {
  return spawnSync(process.execPath, [join(root, "src/cli/main.ts"), "wasm", ...words], {
    cwd: folder,
    encoding: "utf8",
  });
}

describe("worldloom wasm build", () => {
  const bare = join(folder, "bare.wasm");
  writeFileSync(bare, Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0));

  test("puts a manifest into a module", () => {
    const manifest = join(folder, "bare.json");
    writeFileSync(manifest, '{"writes":["Position"]}');
    const { status, stdout } = worldloom("build", bare, "--manifest", manifest);
    expect([status, stdout]).toEqual([0, `${join(folder, "bare.built.wasm")}: 43 bytes\n`]);
    const module = readFileSync(join(folder, "bare.built.wasm"));
    expect(module.toString("latin1", 10)).toBe('\tworldloom{"writes":["Position"]}');
  });

  test("puts a manifest in the place of another", () => {
    const [first, second] = [join(folder, "first.json"), join(folder, "second.json")];
    writeFileSync(first, '{"reads":["Position"]}');
    writeFileSync(second, '{"writes":["Velocity"]}');
    const [once, twice] = [join(folder, "once.wasm"), join(folder, "twice.wasm")];
    expect(worldloom("build", bare, "--manifest", first, "--out", once).status).toBe(0);
    expect(worldloom("build", once, "--manifest", second, "--out", twice).status).toBe(0);
    expect(readFileSync(twice).toString("latin1", 10)).toBe('\tworldloom{"writes":["Velocity"]}');
  });

  test.for([
    ["{", /bare.wasm: its manifest is not JSON/],
    ['{"write":[]}', /bare.wasm: the manifest has no "write", only state, reads/],
  ] as const)("refuses the manifest %s", ([text, message]) => {
    const manifest = join(folder, "wrong.json");
    writeFileSync(manifest, text);
    const { status, stderr } = worldloom("build", bare, "--manifest", manifest);
    expect(stderr).toMatch(message);
    expect(status).not.toBe(0);
  });

  const [empty, random] = [join(folder, "empty.wasm"), join(folder, "random.wasm")];
  writeFileSync(empty, "");
  writeFileSync(random, Uint8Array.of(7, 1, 2, 3, 4, 5, 6, 7, 8, 9));
  const sidecar = join(folder, "sidecar.json");
  writeFileSync(sidecar, '{"writes":["Position"]}');

  test("finds out before it builds that --out cannot be written", () => {
    const { status, stderr } = worldloom("build", bare, "--manifest", sidecar, "--out", folder);
    expect([status, stderr]).toEqual([
      1,
      expect.stringMatching(/cannot be written \(it is a folder\); choose another path/),
    ]);
  });

  test("scripts of files that are no modules are refused as such", () => {
    const words = [join(root, "src/cli/main.ts"), "script", "run", empty];
    const { status, stderr } = spawnSync(process.execPath, words, { cwd: folder, encoding: "utf8" });
    expect([status, stderr]).toEqual([1, expect.stringMatching(/empty.wasm.* not a WebAssembly module/)]);
  });

  test.for([
    [["build", empty, "--manifest", sidecar], /empty.wasm is neither a component nor a module of WebAssembly/],
    [["build", random], /random.wasm is neither a component nor a module of WebAssembly/],
    [["build"], /Say which file/],
    [["make", "a.wasm"], /comes build/],
    [["build", "no.wasm"], /no.wasm cannot be read/],
    [["build", bare], /is a module already/],
    [["build", bare, "--nothing"], /no flag --nothing/],
  ] as const)("%j is not understood", ([words, message]) => {
    const { status, stderr } = worldloom(...words);
    expect(stderr).toMatch(message);
    expect(status).toBe(2);
  });

  test("help", () => {
    expect(worldloom("build", "--help").stdout).toMatch(
      /usage: worldloom wasm build FILE.*NAME\.built\.wasm of a module/s,
    );
  });
});
