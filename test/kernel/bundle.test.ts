import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "vite";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parallel, serial } from "../../src/index.ts";
import { play } from "./bundle-rules.ts";

const index = new URL("../../src/index.ts", import.meta.url).pathname;
let folder = "";

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "worldloom-bundle-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Bundles the rules, with the library or without, and runs them in a process of their own. */
async function run(name: string, whole: boolean, minify: boolean): Promise<{ out: string; errors: string }> {
  const entry = join(folder, `${name}.ts`);
  const rules = new URL("./bundle-rules.ts", import.meta.url).pathname;
  writeFileSync(
    entry,
    `import { parallel, serial } from ${JSON.stringify(index)};
import { play } from ${JSON.stringify(rules)};
for (const executor of [serial(), parallel({ threads: 2 })])
  console.log(await play(executor).catch((error) => error.code + ": " + error.message));`,
  );
  await build({
    configFile: false,
    logLevel: "error",
    root: folder,
    build: {
      lib: { entry, formats: ["es"], fileName: name },
      minify,
      outDir: join(folder, name),
      target: "esnext",
      rolldownOptions: { platform: "node", external: [/^node:/, ...(whole ? [] : [index])] },
    },
  });
  const { stdout, stderr } = spawnSync(process.execPath, [join(folder, name, `${name}.mjs`)], { encoding: "utf8" });
  return { out: stdout, errors: stderr };
}

test("kernels in a bundled and minified file do what they do in theirs", async () => {
  const hash = await play(serial());
  expect(await play(parallel({ threads: 2 }))).toBe(hash);
  for (const minify of [false, true])
    expect((await run(`apart${minify}`, false, minify)).out).toBe(`${hash}\n${hash}\n`);
});

test("a bundle with the library in it runs without the addon, and says what threads lack", async () => {
  const hash = await play(serial());
  const { out, errors } = await run("whole", true, true);
  const [alone, threads] = out.split("\n");
  expect(alone).toBe(hash);
  expect(threads).toMatch(/^module-failed: Threads start with .*lane\.js, which is missing.*external packages\.$/);
  if (process.env["WORLDLOOM_JOBS"] !== "reference") expect(errors).toMatch(/the addon cannot be loaded/);
});
