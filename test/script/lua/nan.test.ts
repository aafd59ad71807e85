import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const program = fileURLToPath(new URL("./nan-world.ts", import.meta.url));

function run(...flags: string[]) {
  const { stdout, stderr } = spawnSync(process.execPath, [...flags, program], { encoding: "utf8" });
  expect(stderr).toBe("");
  return JSON.parse(stdout) as { texts: string[]; hash: string };
}

test("a NaN has the same bits from whichever compiler", () => {
  const found = run();
  expect(found.texts).toEqual(["nan nan nan 9221120237041090560"]);
  expect(run("--no-liftoff")).toEqual(found);
});
