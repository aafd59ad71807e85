import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";

const main = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));
const file = fileURLToPath(new URL("scenes/kernels.ts", import.meta.url));
const imports = `import { component, f32, kernel } from "${new URL("../../src/index.ts", import.meta.url)}";`;
const folder = mkdtempSync(join(tmpdir(), "worldloom-kernels-"));
afterAll(() => rmSync(folder, { recursive: true }));

function kernels(...words: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, "kernels", ...words], { encoding: "utf8" });
  return { status, stdout, stderr };
}

describe("worldloom kernels", () => {
  test("shows what each kernel of a module costs", () => {
    const { status, stdout } = kernels(file);
    expect(stdout).toMatch(/^kernel +bytes in +bytes out/);
    expect(stdout).toMatch(/^sink +4 +4 +0\.40 +Lower\.$/m);
    expect(stdout).toMatch(/^drift +8 +4 +0\.60$/m);
    expect(status).toBe(0);
  });

  test("shows the form and the code", () => {
    const { stdout } = kernels(file, "--form", "--code");
    expect(stdout).toMatch(/kernel drift.*position\.x.*f32x4\.add.*kernel sink.*position\.y.*f32x4\.sub/s);
    const both = JSON.parse(kernels(file, "--json").stdout);
    expect(both.map(({ name }: { name: string }) => name).sort()).toEqual(["drift", "sink"]);
    expect(both[0]).toMatchObject({ bytesStored: 4, form: expect.any(String), code: expect.stringContaining("func") });
  });

  test.for([
    [[], /Say first which module/],
    [["nothing.ts"], /There is no file nothing\.ts/],
    [[main.replace("main.ts", "text.ts")], /exports no kernels/],
    [[file, "--forms"], /did you mean --form/],
  ] as const)("%s is misuse", ([words, message]) => {
    const { status, stdout, stderr } = kernels(...words);
    expect(stderr).toMatch(message);
    expect(stdout).toBe("");
    expect(status).toBe(2);
  });

  test.for([
    [
      "throws.mjs",
      'throw new Error("not today");',
      /throws\.mjs cannot be loaded \(not today\); mend it\. \(bad-file\)\n +at .*throws\.mjs:1:7\n$/,
    ],
    [
      "wrong.ts",
      "const = 1;",
      /wrong\.ts cannot be loaded \(.*\); mend it\. \(bad-file\)\n.*wrong\.ts:1\nconst = 1;\n +\^\n$/,
    ],
    [
      "wrong.mjs",
      "const = 1;",
      /wrong\.mjs cannot be loaded \(.*\); mend it, node --check says where\. \(bad-file\)\n$/,
    ],
    ["picture.png", "", /picture\.png cannot be loaded \(.*\); give a module\. \(bad-file\)\n$/],
    [
      "kernel.ts",
      `${imports}kernel("k", { write: [component("P", { x: f32 })] }, (p) => { p.y = 1; });`,
      /1:10: p has no y\..*\(kernel-source\)\n> 1 \|/,
    ],
  ] as const)("%s says where it is broken", ([name, text, message]) => {
    const path = join(folder, name);
    writeFileSync(path, text);
    const { status, stdout, stderr } = kernels(path);
    expect(stderr).toMatch(message);
    expect(stdout).toBe("");
    expect(status).toBe(1);
  });

  test("a folder is no module", () => {
    expect(kernels(folder)).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/cannot be loaded \(.*\); give a module\. \(bad-file\)\n$/),
    });
  });
});
