import { opensBlock } from "./code.ts";
import { type Body, instructionsOf } from "./module.ts";
import { op } from "./opcode.ts";
import { isLast } from "./stack.ts";

/**
 * What each straight run of instructions costs: by where its first instruction starts, in bytes of the body; runs of no cost
 * are left out. A run ends where control can leave it or come in from elsewhere: before targets of jumps, behind conditional
 * ones, at the arms of an `if`. Calls do not end it. Each instruction costs 1, but what only marks structure: nothing.
 */
export function costsOf(body: Body, where: string): ReadonlyMap<number, number> {
  const costs = new Map<number, number>();
  /** Of each open block: whether anything jumps behind it, and whether it is a loop. */
  const blocks: { joined: boolean; loop: boolean }[] = [{ joined: true, loop: false }];
  let from = body.at;
  let cost = 0;
  let live = true;
  const settle = (next: number): void => {
    if (cost > 0) costs.set(from, cost);
    from = next;
    cost = 0;
  };
  const target = (label: number): void => {
    const block = blocks[blocks.length - 1 - label]!;
    if (!block.loop) block.joined = true;
  };
  const at = instructionsOf(body, where);
  while (at.next()) {
    const { code } = at;
    if (live && !isMark(code)) cost++;
    if (code === op.br || code === op.brIf) target(at.first);
    if (code === op.brTable) at.targets.forEach(target);
    if (opensBlock(code)) {
      blocks.push({ joined: code === op.if, loop: code === op.loop });
      if (code !== op.block) settle(at.end);
    } else if (code === op.else) {
      settle(at.end);
      live = true;
    } else if (code === op.end) {
      const { joined } = blocks.pop()!;
      if (joined) {
        settle(at.end);
        live = true;
      }
    } else if (code === op.brIf || isLast(code)) {
      settle(at.end);
      if (code !== op.brIf) live = false;
    }
  }
  return costs;
}

/** What only marks structure. */
function isMark(code: number): boolean {
  return code === op.nop || code === op.block || code === op.loop || code === op.else || code === op.end;
}
