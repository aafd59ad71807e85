import { numberIn } from "../constant.ts";
import { type Complaint, insertion, replacement } from "../finding.ts";
import type { Rule } from "../rule.ts";
import type { Source } from "../source.ts";
import { bare, type NumericForNode } from "../syntax.ts";

export const emptyRange: Rule = {
  id: "empty-range",
  severity: "warning",
  doc: "a numeric `for` that never runs, or with a step of 0, which is an error; `for i = #list, 1`",
  fixes: "adds a step of -1, or turns the sign of the step",
  check: (source) => source.all("numeric-for").flatMap((node) => complaintsOf(source, node)),
};

function complaintsOf(source: Source, { from, to, step }: NumericForNode): Complaint[] {
  const width = step === undefined ? 1 : numberIn(step, source.names);
  if (step !== undefined && width === 0) {
    const fix = { title: "write 1", edits: [replacement(step, "1")], isSafe: false };
    return [{ ...step, message: "the step is 0, which is an error; write 1 or -1", fix }];
  }
  const [first, last] = [numberIn(from, source.names), numberIn(to, source.names)];
  const inner = bare(from);
  const isDown = inner.type === "unary" && inner.operator === "#" && last !== undefined && last <= 1;
  if (isDown && step === undefined) {
    const fix = { title: "count down", edits: [insertion(to.end, ", -1")], isSafe: false };
    return [{ start: from.start, end: to.end, message: "this counts up from the end; add a step of -1", fix }];
  }
  if (first === undefined || last === undefined || width === undefined) return [];
  if (width > 0 ? first <= last : first >= last) return [];
  const edit = step === undefined ? insertion(to.end, ", -1") : replacement(step, String(-width));
  const fix = { title: `step by ${step === undefined ? -1 : -width}`, edits: [edit], isSafe: false };
  const message = `the loop from ${first} to ${last} never runs; turn its step`;
  return [{ start: from.start, end: (step ?? to).end, message, fix }];
}
