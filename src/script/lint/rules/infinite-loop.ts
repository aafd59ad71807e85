import { numberIn, truthOf } from "../constant.ts";
import { type Complaint, type Fix, insertion } from "../finding.ts";
import { mayStop, neverChanges } from "../flow.ts";
import type { Rule } from "../rule.ts";
import type { Source } from "../source.ts";
import type { Loop } from "../syntax.ts";

export const infiniteLoop: Rule = {
  id: "infinite-loop",
  severity: "error",
  doc: "a loop that never ends: `while true`, `repeat ... until false`, a range to `math.huge` or a condition that nothing in the loop changes, without break, return, error or a wait",
  fixes: "waits for the next tick in each round",
  check: (source) =>
    [...source.all("while"), ...source.all("repeat"), ...source.all("numeric-for")].flatMap((loop): Complaint[] => {
      const reason = reasonOf(source, loop);
      if (reason === undefined || mayStop(source, loop)) return [];
      const { start } = loop;
      const end = source.text.slice(start).search(/[\r\n]|$/) + start;
      const message = `this loop never ends: ${reason}; add a break, or a wait for the next tick`;
      return [{ start, end: Math.min(end, loop.end), message, fix: waiting(source, loop) }];
    }),
};

function reasonOf(source: Source, loop: Loop): string | undefined {
  if (loop.type === "generic-for") return undefined;
  if (loop.type === "numeric-for") {
    const isEndless = Math.abs(numberIn(loop.to, source.names) ?? 0) === Infinity;
    const step = loop.step === undefined ? 1 : numberIn(loop.step, source.names);
    const isUp = numberIn(loop.to, source.names) === Infinity;
    return isEndless && step !== undefined && step > 0 === isUp ? "its range has no end" : undefined;
  }
  const truth = truthOf(loop.condition);
  if (truth === (loop.type === "while")) return `its condition is always ${truth}`;
  return truth === undefined && neverChanges(source, loop) ? "nothing in it changes its condition" : undefined;
}

function waiting(source: Source, loop: Loop): Fix {
  const { body } = loop;
  const last = body.statements.at(-1);
  const isLong = source.lineNumberOf(loop.start) !== source.lineNumberOf(loop.end - 1);
  const indent = last === undefined ? `${source.indentAt(loop.start)}  ` : source.indentAt(last.start);
  const at = last?.end ?? body.end;
  const text = isLong && !isCommentBehind(source, at) ? `\n${indent}Tasks.wait(1)` : " Tasks.wait(1) ";
  return { title: "wait for the next tick", edits: [insertion(at, text)], isSafe: false };
}

function isCommentBehind(source: Source, at: number): boolean {
  return /^[ \t;]*--/.test(source.text.slice(at));
}
