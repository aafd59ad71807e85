import type { Complaint } from "../finding.ts";
import type { Rule } from "../rule.ts";
import { globalsOf } from "../sandbox.ts";
import { renaming } from "./unused.ts";

export const shadowing: Rule = {
  id: "shadowing",
  severity: "warning",
  doc: "a local, parameter or loop variable with the name of another one that could be seen there, or of a global that comes with Lua or the host",
  fixes: "gives it a name with a number",
  check(source) {
    const globals = globalsOf(source.settings.sandbox);
    return source.names.variables.flatMap((variable): Complaint[] => {
      const { name, declaration, shadowed } = variable;
      if (declaration === undefined || name.startsWith("_")) return [];
      const isSelf = name === "self" && variable.kind === "parameter";
      if (isSelf || (shadowed === undefined && !globals.has(name))) return [];
      // `local print = print` keeps what the name means.
      if (variable.initial?.type === "name" && variable.initial.name === name) return [];
      const place =
        shadowed?.declaration === undefined ? "" : ` of line ${source.lineNumberOf(shadowed.declaration.start)}`;
      const other = shadowed === undefined ? `the global ${name}` : `${name}${place}`;
      const numbers = Array.from({ length: 20 }, (_, i) => `${name}${i + 2}`);
      const fix = numbers.map((free) => renaming(source, variable, free)).find((one) => one !== undefined);
      return [{ ...declaration, message: `${name} hides ${other}; give it another name`, fix }];
    });
  },
};
