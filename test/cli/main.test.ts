import { spawnSync } from "node:child_process";
import { closeSync, existsSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const main = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));

function worldloom(...words: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...words], { encoding: "utf8" });
  return { status, stdout, stderr };
}

describe("worldloom", () => {
  test.for([["--help"], ["-h"]])("%s lists the commands", (words) => {
    expect(worldloom(...words)).toEqual({
      status: 0,
      stdout: expect.stringMatching(/^usage: worldloom COMMAND.*build-addon.*WORLDLOOM_JOBS.*Exit status/s),
      stderr: "",
    });
  });

  test.for([["--help"], ["--version"], ["scirpt"]])("%s loads no command", (words) => {
    const folder = mkdtempSync(join(tmpdir(), "loaded-"));
    const env = { ...process.env, NODE_V8_COVERAGE: folder };
    expect(spawnSync(process.execPath, [main, ...words], { env }).stderr).toBeDefined();
    const loaded = readdirSync(folder).flatMap((name) => JSON.parse(readFileSync(join(folder, name), "utf8")).result);
    rmSync(folder, { recursive: true });
    const ours = loaded.flatMap(({ url }) => /\/src\/(.*)\.ts$/.exec(url)?.[1] ?? []).sort();
    expect(ours).toEqual([
      "cli/command",
      "cli/main",
      "cli/package",
      "cli/script",
      "core/errors",
      "script/lint/finding",
    ]);
  });

  test.for([["--version"], ["-v"]])("%s is one line", (words) => {
    expect(worldloom(...words)).toEqual({ status: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/), stderr: "" });
  });

  test.for([[["build-addon", "--help"]], [["build-addon", "-h"]], [["build-addon", "anything", "--help"]]] as const)(
    "%s explains the command",
    ([words]) => {
      const { status, stdout } = worldloom(...words);
      expect(stdout).toMatch(/^usage: worldloom build-addon\n/);
      expect(status).toBe(0);
    },
  );

  test.for([
    [[], /Say which command/, "worldloom --help"],
    [["nothing"], /no command "nothing"/, "worldloom --help"],
    [["toString"], /no command "toString"/, "worldloom --help"],
    [["--nothing"], /no command "--nothing"/, "worldloom --help"],
    [["scirpt"], /no command "scirpt"; did you mean script\?/, "worldloom --help"],
    [["repl"], /no command "repl"; did you mean worldloom script repl\?/, "worldloom --help"],
    [["script", "run"], /Say which scripts/, "worldloom script run --help"],
    [["script", "rum"], /There is no "rum"/, "worldloom script --help"],
    [["build-addon", "twice"], /takes no arguments/, "worldloom build-addon --help"],
  ] as const)("%s is misuse", ([words, message, hint]) => {
    const { status, stdout, stderr } = worldloom(...words);
    expect(stderr).toMatch(message);
    expect(stderr).toContain(`Try: ${hint}\n`);
    expect(stdout).toBe("");
    expect(status).toBe(2);
  });

  test("says in one line that a kind of kernels does not exist, where some are run", () => {
    const env = { ...process.env, WORLDLOOM_KERNELS: "fast" };
    const say = (...words: string[]) => spawnSync(process.execPath, [main, ...words], { encoding: "utf8", env });
    expect(say("--version").status).toBe(0);
    const { status, stderr } = say("run", "examples/city", "--agents", "10", "--ticks", "2");
    expect(stderr).toMatch(/^worldloom: .*WORLDLOOM_KERNELS is "fast"; set it to compiled, narrow or interpreted.*\n$/);
    expect(status).toBe(1);
  });

  test.skipIf(!existsSync("/dev/full"))("says in one line that its output cannot be written", () => {
    const full = openSync("/dev/full", "w");
    const { status, stderr } = spawnSync(process.execPath, [main, "--help"], {
      encoding: "utf8",
      stdio: ["ignore", full, "pipe"],
    });
    closeSync(full);
    expect(stderr).toMatch(/^worldloom: the output cannot be written \(.*\); .* \(file-io\)\n$/);
    expect(status).toBe(1);
  });
});
