import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** A page whose `ts` blocks, one after the other, are one program. */
export interface Page {
  readonly path: string;
  /** The blocks; every other line of the page is empty here, so that line numbers are those of the page. */
  readonly code: string;
  /** What the program shall print: the comments behind its `console.log` lines. */
  readonly expected: readonly string[];
}

/** The page at a path relative to the repository. */
export function readPage(path: string): Page {
  return pageOf(path, readFileSync(join(root, path), "utf8"));
}

export function pageOf(path: string, text: string): Page {
  let language: string | undefined;
  const lines = text.split("\n").map((line) => {
    const fence = /^```(\w*)/.exec(line);
    if (fence !== null) language = language === undefined ? fence[1] : undefined;
    return fence === null && language === "ts" ? line : "";
  });
  const expected = lines.flatMap((line) => /^.*console\.log\(.*\); \/\/ (.*)$/.exec(line)?.[1] ?? []);
  return { path, code: lines.join("\n"), expected };
}

/** Pages written to a folder of their own, where `worldloom` means the sources. */
export class Pages {
  readonly folder: string = mkdtempSync(join(tmpdir(), "worldloom-docs-"));

  /** Runs a page in a process of its own, as its reader would. Output is split into lines. */
  run(page: Page): { readonly status: number | null; readonly lines: readonly string[]; readonly errors: string } {
    const code = page.code.replaceAll(/from "worldloom(?:\/(\w+))?"/g, (_, part = "index") => {
      return `from ${JSON.stringify(pathToFileURL(join(root, `src/${part}.ts`)).href)}`;
    });
    const file = this.#write("run", page, code);
    const { status, stdout, stderr } = spawnSync(process.execPath, [file], { cwd: dirname(file), encoding: "utf8" });
    return { status, lines: stdout.split("\n").slice(0, -1), errors: stderr };
  }

  /** What the compiler says to some pages under plain `strict`, a line for each error. The sources have stricter rules. */
  check(pages: readonly Page[]): string[] {
    const files = pages.map((page) => this.#write("check", page, page.code));
    const options = {
      target: "es2024",
      lib: ["es2024", "esnext.sharedmemory", "esnext.disposable"],
      module: "nodenext",
      types: ["node"],
      typeRoots: [join(root, "node_modules/@types")],
      strict: true,
      allowImportingTsExtensions: true,
      skipLibCheck: true,
      noEmit: true,
      paths: { worldloom: [join(root, "src/index.ts")], "worldloom/*": [join(root, "src/*.ts")] },
    };
    const config = join(this.folder, "check", "tsconfig.json");
    writeFileSync(config, JSON.stringify({ compilerOptions: options, files }));
    writeFileSync(join(this.folder, "check", "package.json"), JSON.stringify({ type: "module" }));
    const tsc = spawnSync(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", config], {
      cwd: join(this.folder, "check"),
      encoding: "utf8",
    });
    const names = new Set(files.map((file) => basename(file)));
    return `${tsc.stdout}${tsc.stderr}`.split("\n").filter((line) => names.has(line.split("(")[0]!));
  }

  dispose(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** The file is named after the page, so that messages are. */
  #write(folder: string, { path }: Page, code: string): string {
    mkdirSync(join(this.folder, folder), { recursive: true });
    const file = join(this.folder, folder, `${basename(path, ".md")}.ts`);
    writeFileSync(file, code);
    if (folder === "run") writeFileSync(join(this.folder, folder, "package.json"), JSON.stringify({ type: "module" }));
    return file;
  }
}
