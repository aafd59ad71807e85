import { type Module, walk } from "./source.ts";

/**
 * Exported names of `modules` that nobody can get at: neither exported by an entry point nor imported by a module
 * that itself is reached. A type also counts where its own module mentions it, as part of another's signature.
 */
export function unreached(modules: readonly Module[], entries: readonly string[]): string[] {
  const byPath = new Map(modules.map((module) => [module.path, module]));
  const names = new Map(modules.map((module) => [module.path, new Set<string>()]));
  const live = new Set<string>();

  const enter = (path: string): void => {
    const module = byPath.get(path);
    if (module === undefined || live.has(path)) return;
    live.add(path);
    for (const { target, name } of module.imports) reach(target, name);
  };
  const reach = (path: string, name: string): void => {
    const module = byPath.get(path);
    const seen = names.get(path);
    if (module === undefined || seen === undefined || seen.has(name)) return;
    seen.add(name);
    enter(path);
    for (const { name: exported, from } of module.exports) {
      if (name === "*") reach(path, exported);
      if (from === undefined) continue;
      if (exported === name) reach(from.target, from.name);
      if (exported === "*") reach(from.target, name);
    }
  };
  for (const entry of entries) reach(entry, "*");

  return modules.flatMap((module) => {
    if (!live.has(module.path)) return [`${module.path}: no caller`];
    const seen = names.get(module.path) ?? new Set();
    return module.exports
      .filter(({ name }) => name !== "*" && !seen.has(name))
      .filter(({ name, isType }) => !(isType && mentions(module, name) > 1))
      .map(({ name }) => `${module.path}: ${name} is exported for nobody`);
  });
}

function mentions(module: Module, name: string): number {
  let count = 0;
  walk(module.tree, (node) => {
    if (node.type === "Identifier" && node.name === name) count++;
  });
  return count;
}
