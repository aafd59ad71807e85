import { spawnSync } from "node:child_process";

const found = new Map<string, string | undefined>();

/** A Python on this machine that has all of the modules; Debian's beside whatever comes first on the path. */
export function pythonWith(...modules: readonly string[]): string | undefined {
  const script = `import ${modules.join(", ")}`;
  if (!found.has(script)) {
    const candidates = [process.env["WORLDLOOM_PYTHON"], "python3", "/usr/bin/python3"];
    found.set(
      script,
      candidates.find((python) => python !== undefined && spawnSync(python, ["-c", script]).status === 0),
    );
  }
  return found.get(script);
}
