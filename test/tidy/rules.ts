import { type Module, type Node, place, walk } from "./source.ts";

const ALL = ["core", "native", "ecs", "kernel", "sched", "tensor", "raster", "anim", "script", "ai", "server", "cli"];

/** What the files of each layer may import besides their own layer and packages. */
export const layers: Readonly<Record<string, readonly string[]>> = {
  core: [],
  native: ["core"],
  ecs: ["core", "native"],
  kernel: ["core", "native", "ecs"],
  sched: ["core", "native", "ecs", "kernel"],
  tensor: ["core", "native"],
  raster: ["core"],
  anim: ["core", "native", "raster"],
  script: ["core", "native"],
  ai: ["core", "ecs", "sched", "tensor", "script"],
  server: [...ALL, "."],
  cli: [...ALL, "."],
};

/** The files directly in `src`: public entry points. */
export const topFiles: Readonly<Record<string, readonly string[]>> = {
  "anim.ts": ["core", "native", "anim"],
  "index.ts": ALL,
  "script.ts": ALL,
  "sim.ts": ALL,
  "math.ts": ["core", "native"],
  "tensor.ts": ["core", "tensor"],
  "raster.ts": ["core", "raster"],
};

/** In these layers only `systems.ts`, or the folder `systems`, joins the layer to the ECS. */
const joined = new Set(["anim", "script"]);

/** Imports of a file in `src` that its layer does not allow, and files that belong to no layer. */
export function wrongImports(module: Module): string[] {
  const [first = "", ...rest] = module.path.split("/").slice(1);
  const layer = rest.length === 0 ? "." : first;
  let allowed = layer === "." ? topFiles[first] : layers[layer];
  if (allowed === undefined) return [`${module.path} belongs to no layer: add it to test/tidy/rules.ts`];
  if (joined.has(layer) && (rest.at(-1) === "systems.ts" || rest[0] === "systems"))
    allowed = [...allowed, "ecs", "sched"];
  return [...new Set(module.imports.concat(module.exports.flatMap(({ from }) => from ?? [])).map((i) => i.target))]
    .filter((target) => target.includes("/") && !target.startsWith("node:") && /\.ts$/.test(target))
    .filter((target) => {
      const [folder, into = "", ...more] = target.split("/");
      const other = more.length === 0 ? "." : into;
      return folder !== "src" || (other !== layer && !allowed.includes(other));
    })
    .map((target) => `${module.path} imports ${target}`);
}

/** The packages that come along with Worldloom, and the one layer that may import each. */
export const packages: Readonly<Record<string, string>> = { acorn: "kernel" };

/** Packages that a file in `src` imports though its layer may not. */
export function packageImports(module: Module): string[] {
  const layer = module.path.split("/")[1];
  return module.imports
    .concat(module.exports.flatMap(({ from }) => from ?? []))
    .filter(({ target }) => !target.startsWith("node:") && !target.endsWith(".ts"))
    .filter(({ target }) => packages[target] === undefined || packages[target] !== layer)
    .map(({ target }) => `${module.path} imports ${target}`);
}

/** The optional packages, and the one file that knows each by its name: it loads it when it is needed. */
export const peers: Readonly<Record<string, string>> = {
  "@bytecodealliance/jco": "src/script/wasm/component.ts",
  "@gltf-transform/core": "src/anim/gltf/load.ts",
  "@tree-sitter-grammars/tree-sitter-lua": "src/script/lint/grammar.ts",
  "@vscode/debugadapter": "src/script/debug/server.ts",
  "prom-client": "src/server/prometheus.ts",
  sharp: "src/raster/jpeg.ts",
  wasmoon: "src/script/lua/glue.ts",
  "web-tree-sitter": "src/script/lint/grammar.ts",
  webgpu: "src/anim/skinning/webgpu/device.ts",
};

/** Packages whose names are words of ours, too, and the folder where they are. */
const words: Readonly<Record<string, string>> = { webgpu: "src/anim/skinning/" };

/** Optional packages that a file names though another one loads them. */
export function peerNames(module: Module): string[] {
  const found: string[] = [];
  walk(module.tree, (node) => {
    if (node.type !== "Literal" || typeof node.value !== "string") return;
    const [, name = ""] = /^((?:@[\w.-]+\/)?[\w.-]+)(?:[@/].*)?$/.exec(node.value) ?? [];
    if (!Object.hasOwn(peers, name) || peers[name] === module.path) return;
    if (!module.path.startsWith(words[name] ?? "none")) found.push(`${place(module, node)} names ${name}`);
  });
  return found;
}

const CLOCK_AND_CHANCE = new Set(["src/core/clock.ts", "src/core/prng.ts"]);
const CLOCKS = new Set(["Date", "performance", "Temporal", "crypto"]);
const PROCESS_CLOCKS = new Set(["hrtime", "uptime", "cpuUsage", "threadCpuUsage"]);
const RANDOM = new Set(["random"]);
const RANDOM_IMPORTS = new Set(["randomBytes", "randomInt", "randomUUID", "randomFill", "randomFillSync", "webcrypto"]);

/** Reads of time or randomness. */
export function clockReads(module: Module): string[] {
  if (CLOCK_AND_CHANCE.has(module.path)) return [];
  const found = module.imports
    .filter(({ target, name }) => target === "node:perf_hooks" || (/crypto$/.test(target) && RANDOM_IMPORTS.has(name)))
    .map(({ target, name }) => `${module.path} imports ${name} from ${target}`);
  walk(module.tree, (node, parent) => {
    if (node.type === "MemberExpression" && bare(node.object as Node).name === "globalThis") {
      const name = (node.property as Node).name ?? (node.property as Node).value;
      if (CLOCKS.has(name as string)) found.push(`${place(module, node)} uses ${name}`);
    }
    if (!isValue(node, parent)) return;
    const name = node.name as string;
    if (CLOCKS.has(name)) found.push(`${place(module, node)} uses ${name}`);
    const clocks = name === "Math" ? RANDOM : name === "process" ? PROCESS_CLOCKS : undefined;
    if (clocks === undefined) return;
    for (const member of membersOf(node, parent)) {
      if (clocks.has(member)) found.push(`${place(module, node)} uses ${name}.${member}`);
    }
  });
  return found;
}

/** The rest of `Math` differs between engine versions; `**` does too. */
const EXACT_MATH = new Set(
  "abs ceil floor round trunc sign sqrt fround imul clz32 min max random E LN2 LN10 LOG2E LOG10E PI SQRT1_2 SQRT2".split(
    " ",
  ),
);

/** Makes the inexact functions throw, so it takes them by their names. */
const MATH_GUARD = "src/ecs/checked.ts";

/** Uses of functions whose last bits differ between engines. */
export function inexactMath(module: Module): string[] {
  const found: string[] = [];
  walk(module.tree, (node, parent) => {
    if ((node.operator === "**" && !isPowerOfTwo(node)) || node.operator === "**=") {
      found.push(`${place(module, node)} uses **`);
    }
    if (!isValue(node, parent) || node.name !== "Math") return;
    for (const member of membersOf(node, parent)) {
      const guarded = module.path === MATH_GUARD && member === "?";
      if (!EXACT_MATH.has(member) && !guarded) found.push(`${place(module, node)} uses Math.${member}`);
    }
  });
  return found;
}

/** Ways to get at a native addon, which only `src/native` may know. */
export function addonLoads(module: Module): string[] {
  if (module.path.startsWith("src/native/")) return [];
  const found: string[] = [];
  walk(module.tree, (node) => {
    const text = node.type === "Literal" ? node.value : node.type === "Identifier" ? node.name : undefined;
    if (typeof text !== "string") return;
    if (text === "createRequire" || text === "dlopen" || /\.node$/.test(text)) {
      found.push(`${place(module, node)} mentions ${text}`);
    }
  });
  return found;
}

/** Whether a node is an identifier that stands for a value, not a property's name or a type. */
function isValue(node: Node, parent: Node | undefined): boolean {
  if (node.type !== "Identifier" || parent === undefined) return false;
  if (parent.type === "MemberExpression") return parent.object === node || parent.computed === true;
  if (parent.type === "Property") return parent.value === node || parent.computed === true;
  return (
    !/^TS(?!AsExpression|NonNull|Satisfies)|^(PropertyDefinition|MethodDefinition)$/.test(parent.type) ||
    parent.value === node
  );
}

/** What is taken from the object that `node` names: by `node.name` or `const { name } = node`; `?` if that can't be seen. */
function membersOf(node: Node, parent: Node | undefined): string[] {
  if (parent?.type === "MemberExpression" && parent.object === node && parent.computed !== true) {
    return [(parent.property as Node).name as string];
  }
  const pattern = parent?.type === "VariableDeclarator" && parent.init === node ? (parent.id as Node) : undefined;
  if (pattern?.type !== "ObjectPattern") return ["?"];
  return (pattern.properties as Node[]).map((property) => ((property.key as Node | undefined)?.name as string) ?? "?");
}

/** `2 ** 31`, `2 ** -149` and the like, the same everywhere. */
function isPowerOfTwo(node: Node): boolean {
  const right = node.right as Node;
  const exponent = right.operator === "-" ? (right.argument as Node) : right;
  return (node.left as Node).value === 2 && Number.isInteger(exponent.value);
}

/** `expression` without the brackets and type assertions around it. */
function bare(expression: Node): Node {
  return /^(TS\w+Expression|ParenthesizedExpression)$/.test(expression.type)
    ? bare(expression.expression as Node)
    : expression;
}
