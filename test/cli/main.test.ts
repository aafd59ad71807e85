import { spawnSync } from "node:child_process";
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
});
