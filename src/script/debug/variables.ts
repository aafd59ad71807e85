import type { LuaDebugger, Stop } from "./debugger.ts";
import { environmentOf, selfOf } from "./evaluate.ts";
import { type Frame, localsOf, upvaluesOf } from "./frames.ts";
import { Heap, luaKind, type Slot } from "./heap.ts";
import { type Child, type Shown, show } from "./shown.ts";

/** Something that a client can open. It is found again by its path each time, so that what ran in between does no harm. */
export interface Container {
  /** Undefined where it is not there any more. */
  find(): Shown | undefined;
  /** An expression that a child's value is assigned to; undefined where that cannot be. */
  target?(name: string): string | undefined;
  readonly frame: Frame;
}

export interface Scope {
  readonly name: string;
  readonly hint: "locals" | undefined;
  readonly container: Container;
}

/** What a frame can see. */
export function scopesOf({ call }: Stop, frame: Frame): Scope[] {
  const { machine } = call.vm;
  const heap = new Heap(machine);
  const shownAs = (slots: readonly (readonly [string, Slot])[]): Shown => ({
    text: "",
    type: "",
    named: slots.length,
    children: () => slots.map(([name, slot]): Child => ({ name, isIndexed: false, shown: show(heap, call, slot) })),
  });
  const variables = (slots: () => readonly (readonly [string, Slot])[]): Container => ({
    frame,
    find: () => shownAs(slots()),
    target: (name) => name,
  });
  const component = (slot: Slot): string => heap.proxyName(heap.proxyOf(slot));
  const proxies = (): (readonly [string, Slot])[] => {
    const self = selfOf(call);
    if (self === undefined || heap.kind(self) !== luaKind.table) return [];
    const fields = [...heap.entries(heap.object(self))];
    return fields.flatMap(([, slot]) => (heap.proxyOf(slot) === 0 ? [] : [[component(slot), slot] as const]));
  };
  const state = (): Slot | undefined => proxies().find(([name]) => name === "State")?.[1];
  const scopes: Scope[] = [
    { name: "Locals", hint: "locals", container: variables(() => inner(localsOf(machine, frame))) },
    {
      name: "Upvalues",
      hint: undefined,
      container: variables(() => upvaluesOf(machine, frame).filter(([name]) => name !== "_ENV")),
    },
    {
      name: "Globals",
      hint: undefined,
      container: {
        frame,
        find: () => {
          const environment = environmentOf(call);
          return heap.kind(environment) === luaKind.table ? show(heap, call, environment, 0) : undefined;
        },
        target: (name) => (name.startsWith("[") ? `_ENV${name}` : `_ENV["${name}"]`),
      },
    },
  ];
  if (state() !== undefined)
    scopes.push({
      name: "State",
      hint: undefined,
      container: { frame, find: () => show(heap, call, state()!), target: (name) => `${SELF}.State.${name}` },
    });
  if (proxies().length > 1)
    scopes.push({
      name: "Components",
      hint: undefined,
      container: {
        frame,
        find: () => shownAs(proxies().filter(([name]) => name !== "State")),
        target: (name) => `${SELF}.${name}`,
      },
    });
  return scopes;
}

/** Under which name expressions find the `self` of the instance. */
export const SELF = "__self";

/** The first one declared is listed first; of those of one name the last one counts. */
function inner(locals: readonly [string, Slot][]): [string, Slot][] {
  return [...new Map(locals.filter(([name]) => !name.startsWith("(") && name !== "_ENV"))];
}

/** A child of a container. */
export function childOf(parent: Container, name: string): Container {
  return {
    frame: parent.frame,
    find: () => {
      for (const child of parent.find()?.children?.() ?? []) if (child.name === name) return child.shown;
      return undefined;
    },
    target: (key) => {
      const base = parent.target?.(name);
      if (base === undefined) return undefined;
      if (/^\[\d+\]$|^\["/.test(key) || key === "[true]" || key === "[false]") return `${base}${key}`;
      return /^\d+$/.test(key) ? `${base}[${key}]` : key.startsWith("[") ? undefined : `${base}["${key}"]`;
    },
  };
}

/** Assigns the value of an expression, and shows what is there then. */
export function assignIn(debug: LuaDebugger, container: Container, name: string, text: string): Shown | string {
  const target = container.target?.(name);
  if (target === undefined) return `${name} cannot be set`;
  const done = debug.evaluate(container.frame, `${target} = (${text}\n)`, true);
  if (!done.ok) return done.shown.text;
  return childOf(container, name).find() ?? done.shown;
}
