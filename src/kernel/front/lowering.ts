import type { Node as SyntaxNode } from "acorn";
import { streamOf } from "../../core/prng.ts";
import type { Component } from "../../ecs/component.ts";
import type { EventType } from "../../ecs/event.ts";
import { Graph } from "../graph.ts";
import type { Declaration, Effect, Lowered } from "../lowered.ts";
import type { Loop, Node } from "../node.ts";
import type { Append, Fold } from "../program.ts";
import { Refusal, type Source } from "./error.ts";
import type { Parsed } from "./parse.ts";
import type { Scope } from "./scope.ts";
import { Cell, merge, State } from "./state.ts";
import { type Inputs, Tables } from "./tables.ts";
import { type Exit, typed, type Value } from "./value.ts";

/** Most nodes of a program while it is made. */
export const NODES_MAX = 65_536;
/** Most times that the body of one loop is repeated, and that of all loops together. */
export const ITERATIONS_MAX = 4096;
export const REPETITIONS_MAX = 65_536;

/** An event that is emitted, with its values; the entity comes first. */
interface Emission {
  readonly event: EventType;
  readonly append: Append;
}

/** Whether rows gain or lose a tag. */
interface Tagging {
  readonly component: Component;
  readonly added: Cell;
  readonly removed: Cell;
}

/**
 * Where a statement is: how many functions, loops, switches and labelled statements it is in, and at which of these depths are
 * the body of the function, what can be broken, the loop to continue, 0 where there is none, and what has a label.
 */
interface Inside {
  readonly depth: number;
  readonly body: number;
  readonly breakable: number;
  readonly loop: number;
  readonly labels: ReadonlyMap<string, number>;
}

/** The same at the start of a function that is called. */
export function bodyInside({ depth }: Pick<Inside, "depth">): Inside {
  return { depth: depth + 1, body: depth + 1, breakable: 0, loop: 0, labels: new Map() };
}

/** A function on its way to a program: where it is, and what it has come to so far. */
export class Lowering {
  readonly declaration: Declaration;
  readonly graph = new Graph();
  readonly tables: Tables;
  readonly always: Node;
  readonly never: Node;
  state: State;
  /** The function that is read at present, its scope, and the cell that its `return` gives a value to. */
  source: Source;
  scope: Scope;
  result: Cell | undefined;
  /** The functions that are being read, the outermost first: names of declared ones, the syntax of local ones. */
  readonly calls: unknown[] = [];
  readonly parsed = new Map<string, Parsed>();
  /** Whether this is the body of a neighbour loop, whose variables live on after a `return`. */
  visiting = false;
  /** Whether this is a local function: variables around it live on likewise. */
  local = false;
  /** The neighbour loop that this is in. */
  loop: Loop | undefined;
  inside = bodyInside({ depth: -1 });
  repetitions = 0;
  draws = 0;
  readonly stream: number;
  readonly despawned: Cell;
  readonly tags: Tagging[] = [];
  readonly emissions: Emission[] = [];
  readonly folds: (Fold & Lowered["folds"][number])[] = [];
  readonly assigned = new Set<Cell>();

  readonly #exits: Record<Exit["by"], Exit>[] = [];

  constructor(declaration: Declaration, source: Source, scope: Scope, known: Inputs) {
    this.declaration = declaration;
    this.source = source;
    this.scope = scope;
    this.tables = new Tables(this.graph, declaration.parameters, known);
    this.always = this.graph.constant("bool", 1);
    this.never = this.graph.constant("bool", 0);
    this.state = new State(new Map(), this.always);
    this.stream = streamOf(declaration.name);
    this.despawned = this.effect("despawn");
  }

  effect(name: string): Cell {
    return new Cell("effect", name, typed(this.never));
  }

  /** The cells of a tag. */
  tag(component: Component): Tagging {
    let tagging = this.tags.find((known) => known.component === component);
    if (tagging === undefined) {
      const { name } = component;
      tagging = { component, added: this.effect(`add ${name}`), removed: this.effect(`remove ${name}`) };
      this.tags.push(tagging);
    }
    return tagging;
  }

  /** The way in which rows leave what is at `depth`: the same object each time. */
  exit(by: Exit["by"], depth: number): Exit {
    this.#exits[depth] ??= {
      return: { by: "return", depth },
      break: { by: "break", depth },
      continue: { by: "continue", depth },
    };
    return this.#exits[depth][by];
  }

  /** All rows that are here leave. */
  leave(by: Exit["by"], depth: number): void {
    this.state.exits.set(this.exit(by, depth), this.always);
  }

  /** Those that have left in this way are back. */
  welcome(by: Exit["by"], depth: number): void {
    this.state.welcome(this.exit(by, depth));
  }

  set(cell: Cell, value: Value): void {
    this.state.values.set(cell, value);
    if (cell.kind === "column") this.assigned.add(cell);
  }

  /** Takes both ways, each for its rows; those of a condition that is known not at all. */
  branch<T>(condition: Node, yes: () => T, no: () => T): { readonly yes?: T; readonly no?: T } {
    if (condition.op === "const") return condition.value !== 0 ? { yes: yes() } : { no: no() };
    const before = this.state;
    this.state = before.fork(this.graph, condition);
    const a = yes();
    const taken = this.state;
    this.state = before.fork(this.graph, this.graph.op("not", condition));
    const b = no();
    this.join(condition, taken, this.state, before.path, false);
    return { yes: a, no: b };
  }

  /** Goes on for the rows of `condition` alone; returns what brings the others back. */
  narrow(condition: Node): () => void {
    const before = this.state;
    this.state = before.fork(this.graph, condition);
    return () => this.join(condition, this.state, before, before.path, true);
  }

  /** Reads a part of the function; refusals that have no place yet get that of `node`. */
  at<T>(node: SyntaxNode, read: () => T): T {
    try {
      return read();
    } catch (cause) {
      if (!(cause instanceof Refusal)) throw cause;
      return this.source.fail(node.start, cause.what, cause.instead);
    }
  }

  /** The effects and their appends, in the order in which they become commands. */
  appends(): { readonly effect: Effect; readonly append: Append }[] {
    const entity = this.graph.entity();
    const made: { effect: Effect; append: Append }[] = [];
    const put = (effect: Effect, cell: Cell): void => {
      const value = this.state.get(cell);
      if (value.is !== "typed" || value.node === this.never) return;
      made.push({ effect, append: { mask: value.node, values: [entity] } });
    };
    for (const { component, added, removed } of this.tags) {
      put({ kind: "remove", component }, removed);
      put({ kind: "add", component }, added);
    }
    for (const { event, append } of this.emissions) made.push({ effect: { kind: "emit", event }, append });
    put({ kind: "despawn" }, this.despawned);
    return made;
  }

  private join(condition: Node, yes: State, no: State, path: Node, left: boolean): void {
    // Rows that left a loop still need its variables; rows that left the function do not.
    const returns = this.exit("return", this.inside.body);
    const returned = (state: State): boolean => !this.visiting && state.exits.get(returns) === this.always;
    const gone = (state: State): boolean => state.gone(this.graph) === this.always;
    const rest = left && this.graph.op("not", no.gone(this.graph)) === condition;
    const onlyReturned =
      rest && this.graph.op("not", no.exits.get(returns) ?? this.never) === condition && !this.visiting;
    const yesGone = gone(yes) ? [...yes.exits.keys()] : undefined;
    const noGone = rest || gone(no) ? [...no.exits.keys()] : undefined;
    // The depth from which variables are out of scope for rows that have left.
    const scopeOf = (exits: readonly Exit[] = []): number =>
      exits.length === 0 ? Number.POSITIVE_INFINITY : Math.max(...exits.map(({ depth }) => depth));
    const sides = {
      yesReturned: returned(yes),
      noReturned: returned(no) || onlyReturned,
      yesGone,
      noGone,
      yesLeft: scopeOf(yesGone),
      noLeft: scopeOf(noGone),
      left,
      deserted: yesGone !== undefined && noGone !== undefined,
      keeps: this.local,
    };
    this.state = merge(this.graph, condition, yes, no, path, sides);
  }
}
