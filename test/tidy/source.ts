import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { fileURLToPath } from "node:url";
import { parseSync } from "vite";

/** The repository, with a slash at the end. */
export const root = fileURLToPath(new URL("../../", import.meta.url));

const LEFT_OUT = new Set(["node_modules", "target", "dist", ".git", ".worldloom", "coverage"]);
const LEFT_OUT_FILES = /\.(node|tgz|png|gltf|glb|map|scen|tmp)$/;

/** Every text file of ours under `folder`, as sorted paths from the repository's root with `/`. */
export function files(folder = "", name = /./): string[] {
  const entries = readdirSync(join(root, folder), { withFileTypes: true });
  return entries
    .flatMap((entry) => {
      const path = posix.join(folder, entry.name);
      if (entry.isDirectory()) return LEFT_OUT.has(entry.name) ? [] : files(path, name);
      return entry.isFile() && name.test(path) && !LEFT_OUT_FILES.test(path) ? [path] : [];
    })
    .sort();
}

export function read(path: string): string {
  return readFileSync(join(root, path), "utf8");
}

/** A node of the syntax tree, in the ESTree form. */
export interface Node {
  readonly type: string;
  readonly start: number;
  readonly [field: string]: unknown;
}

export interface Import {
  /** Path from the repository's root, or a package name. */
  readonly target: string;
  /** Name in the target; `*` is all of them. */
  readonly name: string;
}

export interface Export {
  /** `*` passes on all names of its source. */
  readonly name: string;
  readonly isType: boolean;
  /** Where a name that is passed on comes from. */
  readonly from?: Import;
}

export interface Module {
  readonly path: string;
  readonly text: string;
  readonly tree: Node;
  /** Everything taken from elsewhere, for use here: imports of all kinds, `import("")`, `new URL("./a.ts", ...)`. */
  readonly imports: readonly Import[];
  readonly exports: readonly Export[];
}

/** The modules of ours under `folder`. */
export function modules(folder: string): Module[] {
  return files(folder, /\.ts$/).map((path) => parse(path, read(path)));
}

export function parse(path: string, text: string): Module {
  const { program, module, errors } = parseSync(path, text);
  if (errors.length > 0) throw new Error(`${path}: ${errors[0]!.message}`);
  const tree = program as unknown as Node;
  const imports: Import[] = [];
  const exports: Export[] = [];
  for (const { moduleRequest, entries } of module.staticImports) {
    const target = resolve(path, moduleRequest.value);
    if (entries.length === 0) imports.push({ target, name: "*" });
    for (const { importName } of entries) {
      imports.push({ target, name: importName.kind === "NamespaceObject" ? "*" : (importName.name ?? "default") });
    }
  }
  for (const { moduleRequest, exportName, importName, isType } of module.staticExports.flatMap((x) => x.entries)) {
    const name = exportName.kind === "None" ? "*" : (exportName.name ?? "default");
    if (moduleRequest === null) exports.push({ name, isType });
    else {
      const all = importName.kind === "All" || importName.kind === "AllButDefault";
      const from = { target: resolve(path, moduleRequest.value), name: all ? "*" : (importName.name ?? "default") };
      exports.push({ name, isType, from });
    }
  }
  walk(tree, (node) => {
    const target = laterImport(node);
    if (target !== undefined) imports.push({ target: resolve(path, target), name: "*" });
  });
  return { path, text, tree, imports, exports };
}

/** Calls `visit` for every node, parents first. */
export function walk(node: Node, visit: (node: Node, parent: Node | undefined) => void, parent?: Node): void {
  visit(node, parent);
  for (const value of Object.values(node)) {
    if (Array.isArray(value)) {
      for (const item of value) if (isNode(item)) walk(item, visit, node);
    } else if (isNode(value)) walk(value, visit, node);
  }
}

/** `src/a.ts:12` */
export function place(module: Module, node: Node): string {
  return `${module.path}:${module.text.slice(0, node.start).split("\n").length}`;
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && typeof (value as { type?: unknown }).type === "string";
}

function resolve(path: string, target: string): string {
  return target.startsWith(".") ? posix.join(posix.dirname(path), target) : target;
}

/** The literal target of `import("a")`, of the type `import("a")`, of `new URL("./a.ts", ...)`, or of `workerFile("a", ...)`. */
function laterImport(node: Node): string | undefined {
  let source: unknown;
  if (node.type === "ImportExpression" || node.type === "TSImportType") source = node.source;
  if (node.type === "NewExpression" && (node.callee as Node).name === "URL") {
    const [first] = node.arguments as Node[];
    if (typeof first?.value === "string" && /^\.{1,2}\/.*\.ts$/.test(first.value)) source = first;
  }
  if (node.type === "CallExpression" && (node.callee as Node).name === "workerFile") {
    const [name] = node.arguments as Node[];
    if (typeof name?.value === "string") return `./${name.value}.ts`;
  }
  const value = isNode(source) ? source.value : undefined;
  return typeof value === "string" ? value : undefined;
}

/** Folder of a path, `""` at the root. */
export function folderOf(path: string): string {
  const folder = dirname(path);
  return folder === "." ? "" : folder;
}
