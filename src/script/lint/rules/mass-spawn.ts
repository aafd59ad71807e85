import { numberIn } from "../constant.ts";
import { type Complaint, type Fix, insertion, replacement } from "../finding.ts";
import { leaves } from "../flow.ts";
import type { Rule } from "../rule.ts";
import { loopsAround, type Source } from "../source.ts";
import type { CallNode, NumericForNode, Statement, SyntaxNode } from "../syntax.ts";

export const massSpawn: Rule = {
  id: "mass-spawn",
  severity: "warning",
  doc: "`World.spawn` very often in loops with fixed bounds, or in each update without a condition",
  fixes: "lowers the bound of the loop, or spawns in each 60th tick",
  check: (source) =>
    source
      .all("call")
      .filter(({ callee, method }) => method === undefined && source.globalPath(callee) === "World.spawn")
      .flatMap((call) => inLoops(source, call) ?? inUpdate(source, call) ?? []),
};

function inLoops(source: Source, call: CallNode): Complaint | undefined {
  const loops = loopsAround(source, call).flatMap((loop) => {
    const rounds = loop.type === "numeric-for" ? roundsOf(source, loop) : undefined;
    return loop.type === "numeric-for" && rounds !== undefined ? [{ loop, rounds }] : [];
  });
  const total = loops.reduce((product, { rounds }) => product * rounds, 1);
  const { spawnsMax } = source.settings;
  if (total <= spawnsMax) return undefined;
  const largest = loops.reduce((a, b) => (b.rounds > a.rounds ? b : a));
  const rounds = Math.max(1, Math.floor((spawnsMax * largest.rounds) / total));
  const message = `${total} entities are spawned at once; spawn at most ${spawnsMax}, or spread them over ticks`;
  const fix = largest.rounds === Infinity ? undefined : lowered(source, largest.loop, rounds);
  return { ...call, message, fix };
}

function roundsOf(source: Source, { from, to, step }: NumericForNode): number | undefined {
  const [first, last] = [numberIn(from, source.names), numberIn(to, source.names)];
  const width = step === undefined ? 1 : numberIn(step, source.names);
  if (first === undefined || last === undefined || width === undefined || width === 0) return undefined;
  return Math.max(0, Math.floor((last - first) / width) + 1);
}

function lowered(source: Source, { from, to, step }: NumericForNode, rounds: number): Fix {
  const first = numberIn(from, source.names)!;
  const bound = first + (rounds - 1) * (step === undefined ? 1 : numberIn(step, source.names)!);
  return { title: `end at ${bound}`, edits: [replacement(to, String(bound))], isSafe: false };
}

function inUpdate(source: Source, call: CallNode): Complaint | undefined {
  const update = source.hooks.get("onUpdate");
  let inner: SyntaxNode = call;
  for (const outer of source.around(call)) {
    if (outer === update) {
      const message = "an entity is spawned in every update; put a condition or a wait before it";
      return { ...call, message, fix: onceInAWhile(source, call) };
    }
    if (outer.type === "function" || isCondition(source, outer, inner)) return undefined;
    inner = outer;
  }
  return undefined;
}

/** Whether `outer` runs `inner`, which is a part of it, only at times. */
function isCondition(source: Source, outer: SyntaxNode, inner: SyntaxNode): boolean {
  if (outer.type === "clause") return outer.body === inner;
  if (outer.type === "if") return true;
  if (outer.type === "numeric-for") return outer.body === inner && roundsOf(source, outer) === undefined;
  if (outer.type === "while" || outer.type === "generic-for") return outer.body === inner;
  if (outer.type === "binary") return /^(and|or)$/.test(outer.operator) && outer.right === inner;
  if (outer.type !== "block") return false;
  const before = outer.statements.slice(0, outer.statements.indexOf(inner as Statement));
  return before.some((statement) => mayLeave(source, statement));
}

function mayLeave(source: Source, statement: SyntaxNode): boolean {
  if (statement.type === "if")
    return [
      ...statement.clauses.map(({ body }) => body),
      ...(statement.otherwise === undefined ? [] : [statement.otherwise]),
    ].some(({ statements }) => statements.some((inner) => leaves(source, inner) || mayLeave(source, inner)));
  return false;
}

function onceInAWhile(source: Source, call: CallNode): Fix | undefined {
  if (!source.offers("Time.tick")) return undefined;
  const condition = "Time.tick() % 60 == 0";
  const statement = source.parentOf(call);
  const [before, after] =
    statement?.type === "call-statement" ? [`if ${condition} then `, " end"] : [`(${condition} and `, ")"];
  return {
    title: "spawn in each 60th tick",
    edits: [insertion(call.start, before), insertion(call.end, after)],
    isSafe: false,
  };
}
