import type { Node } from "../node.ts";

/** Nodes that are looked through to find out what one group may wait for, in all. */
const WORK_MAX = 4_000_000;
/** Nodes that wait at one time, at most. */
const WAITING_MAX = 2000;

/**
 * The place of each node, by its id, in an order in which operands come first: as they are, but that what uses a member of a group
 * waits until all members have been there that do not wait for it themselves.
 */
export function schedule(
  nodes: readonly Node[],
  groups: readonly (readonly Node[])[],
  operandsOf: (node: Node) => readonly Node[],
  size: number,
): Int32Array {
  const places = new Int32Array(size).fill(-1);
  const groupsOf = new Map<Node, Together[]>();
  const index = new Int32Array(size);
  for (const [i, { id }] of nodes.entries()) index[id] = i;
  let work = 0;
  for (const group of groups) {
    if (group.length < 2) continue;
    const among = nodes.slice(index[group[0]!.id], index[group.at(-1)!.id]! + 1);
    work += among.length;
    if (work > WORK_MAX) break;
    for (const together of split(among, group, operandsOf)) {
      if (together.missing < 2) continue;
      for (const node of together.members) groupsOf.set(node, [...(groupsOf.get(node) ?? []), together]);
    }
  }
  let placed = 0;
  let waiting: Node[] = [];
  const isReady = (node: Node): boolean => operandsOf(node).every((arg) => places[arg.id]! >= 0);
  const waits = (node: Node): boolean =>
    operandsOf(node).some((arg) => (groupsOf.get(arg) ?? []).some(({ missing }) => missing > 0));
  /** Whether a group is complete now. */
  const put = (node: Node): boolean => {
    places[node.id] = placed++;
    let complete = false;
    for (const together of groupsOf.get(node) ?? []) complete = --together.missing === 0 || complete;
    return complete;
  };
  /** Places what waited and can be placed; with `force` at least one. */
  const resume = (force: boolean): void => {
    let forced = !force;
    for (let again = true; again; ) {
      again = false;
      const rest: Node[] = [];
      for (const node of waiting) {
        if (!isReady(node) || (waits(node) && forced)) rest.push(node);
        else {
          forced = true;
          again = put(node) || again;
        }
      }
      waiting = rest;
    }
  };
  for (const node of nodes) {
    if (groupsOf.size > 0 && (!isReady(node) || waits(node))) {
      waiting.push(node);
      if (waiting.length > WAITING_MAX) resume(true);
    } else if (put(node) && waiting.length > 0) resume(false);
  }
  while (waiting.length > 0) resume(true);
  return places;
}

/** Members of a group of which none depends on another. */
interface Together {
  readonly members: Node[];
  /** How many of them have no place yet. */
  missing: number;
}

/** A group in parts, one after the other, in which no member depends on another of its part; `among` are the nodes from its first to its last. */
function split(
  among: readonly Node[],
  group: readonly Node[],
  operandsOf: (node: Node) => readonly Node[],
): Together[] {
  const parts: Together[] = [{ members: [], missing: 0 }];
  const isMember = new Set(group);
  // The last part that a node depends on, counted from 1.
  const depends = new Map<Node, number>();
  for (const node of among) {
    const on = operandsOf(node).reduce((part, arg) => Math.max(part, depends.get(arg) ?? 0), 0);
    if (on > 0) depends.set(node, on);
    if (!isMember.has(node)) continue;
    if (on === parts.length) parts.push({ members: [], missing: 0 });
    const part = parts.at(-1)!;
    part.members.push(node);
    part.missing++;
    depends.set(node, parts.length);
  }
  return parts;
}
