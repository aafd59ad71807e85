import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Pages, readPage } from "./page.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const folder = "docs/anim-tutorial";
const page = readPage(`${folder}/README.md`);
const written = new Pages();
const work = join(written.folder, "run");
afterAll(() => written.dispose());

/** What is used of pngjs, which brings no types. */
interface Pngjs {
  readonly PNG: {
    readonly sync: { read(bytes: Buffer): { readonly width: number; readonly height: number; readonly data: Buffer } };
  };
}
const pngjs = "pngjs";
const { PNG }: Pngjs = await import(pngjs);

/** The lines of the page's `sh` blocks. */
function commands(): string[] {
  const text = readFileSync(join(root, folder, "README.md"), "utf8");
  return Array.from(text.matchAll(/^```sh\n(.*?)^```/gms), ([, block = ""]) => block.trim().split("\n")).flat();
}

describe("the tutorial on animation", () => {
  beforeAll(() => {
    mkdirSync(work, { recursive: true });
    for (const command of commands()) {
      const words = command.split(" ");
      if (words[0] === "worldloom") words.splice(0, 1, "node", join(root, "src/cli/main.ts"));
      else words[1] = join(root, words[1]!);
      const { status, stderr } = spawnSync(process.execPath, words.slice(1), { cwd: work, encoding: "utf8" });
      expect({ command, status, stderr }).toMatchObject({ status: 0 });
    }
  });

  test("prints what it says", () => {
    const { status, lines, errors } = written.run(page);
    expect(errors).not.toMatch(/Error/);
    expect(lines).toEqual(page.expected);
    expect(status).toBe(0);
  });

  test("type-checks under plain strict", () => {
    expect(written.check([page])).toEqual([]);
  });

  test.for(readdirSync(join(root, folder)).filter((name) => name.endsWith(".png")))("%s is what it draws", (name) => {
    const [kept, made] = [join(root, folder), work].map((path) => PNG.sync.read(readFileSync(join(path, name))));
    expect([made!.width, made!.height]).toEqual([kept!.width, kept!.height]);
    expect(made!.data.equals(kept!.data)).toBe(true);
  });
});
