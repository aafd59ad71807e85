import { type Complaint, type Fix, insertion } from "../finding.ts";
import type { GlobalUse } from "../names.ts";
import type { Rule } from "../rule.ts";
import type { Source } from "../source.ts";
import type { NameNode } from "../syntax.ts";

export const globalAssign: Rule = {
  id: "global-assign",
  severity: "warning",
  doc: "an assignment within a function to a global that the script does not set at its top level: a forgotten `local`, or something that belongs into State",
  fixes: "declares it there as a local if only that block uses it, else at the top of the script",
  check(source) {
    const found: Complaint[] = [];
    for (const [name, uses] of source.names.globals) {
      if (name === "_ENV" || uses.some(({ isWrite, owner }) => isWrite && owner === undefined)) continue;
      if (source.offers(name) || source.settings.sandbox.libraries.has(name) || source.settings.sandbox.api.has(name))
        continue;
      for (const { node } of uses.filter(({ isWrite }) => isWrite)) {
        const message = `${name} becomes a global of the instance, which is lost when it starts again; declare it local, or keep it in State`;
        found.push({ ...node, message, fix: fixOf(source, node, uses) });
      }
    }
    return found;
  },
};

function fixOf(source: Source, node: NameNode, uses: readonly GlobalUse[]): Fix {
  const statement = source.statementOf(node);
  const block = source.parentOf(statement)!;
  const isPlain =
    (statement.type === "assign" && statement.targets.length === 1) || statement.type === "function-statement";
  const isHere = uses.every(({ node: use }) => use.start >= statement.start && use.end <= block.end);
  const isFirst = uses.every(({ node: use }) => use === node || use.start >= statement.end);
  if (isPlain && isHere && isFirst)
    return { title: "declare it local", edits: [insertion(statement.start, "local ")], isSafe: true };
  return { title: "declare it at the top", edits: [insertion(0, `local ${node.name}\n`)], isSafe: false };
}
