import { type Complaint, replacement } from "../finding.ts";
import { leaves } from "../flow.ts";
import type { Rule } from "../rule.ts";

export const unreachable: Rule = {
  id: "unreachable",
  severity: "warning",
  doc: "code behind `return`, `break`, `goto`, `error(...)` or a loop without an end",
  fixes: "removes it",
  check: (source) =>
    source.all("block").flatMap(({ statements }): Complaint[] => {
      const at = statements.findIndex((node) => leaves(source, node)) + 1;
      if (at === 0) return [];
      const rest = statements.slice(at);
      const label = rest.findIndex(({ type }) => type === "label");
      const dead = (label < 0 ? rest : rest.slice(0, label)).filter(({ type }) => type !== "empty");
      const [first, last] = [dead[0], dead.at(-1)];
      if (first === undefined || last === undefined) return [];
      const span = { start: first.start, end: last.end };
      const message = `this is never reached: line ${source.lineNumberOf(statements[at - 1]!.start)} leaves before; remove it`;
      // A local that code behind a label uses must stay.
      const isFree = !dead.some(({ type }) => type === "local" || type === "local-function") || label < 0;
      const fix = { title: "remove it", edits: [replacement(source.lineOf(span), "")], isSafe: false };
      return [{ ...span, message, fix: isFree ? fix : undefined }];
    }),
};
