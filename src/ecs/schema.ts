import { said } from "../core/argument.ts";
import { WorldloomError } from "../core/errors.ts";
import type { Component } from "./component.ts";

/** Most components, relations, resources and events of one world together. */
export const COMPONENTS_MAX = 4096;

/** What a declared type is to a world. */
export type Role = "component" | "relation" | "resource" | "event" | "input";

export function nounOf(role: Role): string {
  return /^[aeiou]/.test(role) ? `an ${role}` : `a ${role}`;
}

const NO_TYPE = "not registered, nor any type; give what component, relation, resource, event or input returned";

export interface Declared {
  readonly role: Role;
  readonly component: Component;
  /** What else decides how worlds behave, such as the rules of a relation; part of the fingerprint. */
  readonly rules: string;
  /** Ticks for which an event can be read; 0 for all else. */
  readonly lifetime: number;
}

/**
 * The declared types of a world, numbered in the order of declaration. Worlds with equal fingerprints can exchange
 * snapshots, save files and diffs.
 */
export class SchemaSet {
  readonly declared: readonly Declared[];
  /** 53 bits of a hash over everything declared. */
  readonly fingerprint: number;
  /** Texts of string defaults, which every world of this schema interns first. */
  readonly strings: readonly string[];
  /** Default of each column of each component, strings as ids. */
  readonly initials: readonly (readonly number[])[];
  /** The same as the bits of one word a column, for components of plain words. */
  readonly initialWords: readonly Int32Array[];
  /** Not 0 for each id of a component without further rules; 2 if all its columns are scalars of f32, i32 or u32. */
  readonly plain: Uint8Array;
  /** The ids of components without further rules, by the serial of the component. */
  readonly plainIds: readonly (number | undefined)[];
  readonly #idOf: (number | undefined)[] = [];
  readonly #byName = new Map<string, number>();
  readonly #alike: boolean;

  /**
   * With `alike`, components are also known that were declared elsewhere in the same way. Throws `component-limit`,
   * `name-taken`.
   */
  constructor(declared: readonly Declared[], alike = false) {
    this.#alike = alike;
    if (declared.length > COMPONENTS_MAX) {
      throw new WorldloomError(
        "component-limit",
        `A world has at most ${COMPONENTS_MAX} components, not ${declared.length}.`,
        {
          limit: COMPONENTS_MAX,
          count: declared.length,
        },
      );
    }
    this.declared = declared;
    const strings: string[] = [];
    let text = "";
    this.initials = declared.map(({ role, component, rules, lifetime }, id) => {
      if (this.#byName.has(component.name) || this.#byName.has(component.key)) {
        const first = this.#byName.get(component.name) ?? this.#byName.get(component.key);
        const other = declared[first!]!.component.name;
        const { name, key } = component;
        const why = other === name ? `are called ${name}` : `have the key ${key}, ${other} and ${name}`;
        throw new WorldloomError("name-taken", `Two declarations ${why}; rename one.`, { name });
      }
      this.#byName.set(component.name, id);
      this.#byName.set(component.key, id);
      this.#idOf[component.serial] = id;
      text += `${role} ${component.signature} ${rules} ${lifetime};`;
      return component.columns.map(({ initial }) => {
        if (typeof initial === "number") return initial;
        if (!strings.includes(initial)) strings.push(initial);
        return strings.indexOf(initial) + 1;
      });
    });
    this.plain = Uint8Array.from(declared, ({ role, component }) =>
      role !== "component" ? 0 : isNumbers(component) ? 2 : 1,
    );
    const plainIds: (number | undefined)[] = [];
    declared.forEach(({ component }, id) => {
      plainIds[component.serial] = this.plain[id] === 0 ? undefined : id;
    });
    this.plainIds = plainIds;
    this.initialWords = declared.map(({ component }, id) => bitsOf(component, this.initials[id]!));
    this.strings = strings;
    this.fingerprint = hashText(text);
  }

  component(id: number): Component {
    return this.declared[id]!.component;
  }

  /** The id of a component, or -1. */
  find(component: Component): number {
    return this.#idOf[component?.serial] ?? this.#idOfAlike(component) ?? -1;
  }

  /** The id of a component that must be of `role`. Throws `component-unknown`, `bad-argument`. */
  idOf(component: Component, role?: Role): number {
    const id = this.#idOf[(component as Component | undefined)?.serial ?? -1] ?? this.#idOfAlike(component);
    if (id === undefined) {
      const name = (component as { name?: unknown } | undefined)?.name ?? component;
      const advice = component instanceof Object ? "not registered; pass it to createWorld" : NO_TYPE;
      throw new WorldloomError("component-unknown", `${said(name)} is ${advice}.`, { component: name });
    }
    if (role !== undefined && this.declared[id]!.role !== role) {
      throw new WorldloomError(
        "bad-argument",
        `${component.name} is ${nounOf(this.declared[id]!.role)}, not ${nounOf(role)}.`,
        {
          component: component.name,
        },
      );
    }
    return id;
  }

  /** The id of a resource, event or input. Throws `component-unknown`, `bad-argument`. */
  idOfPart(type: { readonly component: unknown }, role: Role): number {
    const component = type?.component;
    if (component !== undefined) return this.idOf(component as Component, role);
    const id = this.find(type as unknown as Component);
    if (id < 0) return this.idOf(type as unknown as Component, role);
    const { name } = this.component(id);
    const what = nounOf(this.declared[id]!.role);
    throw new WorldloomError("component-unknown", `${name} is ${what}, not ${nounOf(role)}.`, { component: name });
  }

  #idOfAlike(component: Component | undefined): number | undefined {
    if (!this.#alike || component?.is !== "component") return undefined;
    const id = this.#byName.get(component.name);
    if (id === undefined || this.declared[id]!.component.signature !== component.signature) return undefined;
    this.#idOf[component.serial] = id;
    return id;
  }

  /** The id of what was declared under `name`, or -1. */
  named(name: string): number {
    return this.#byName.get(name) ?? -1;
  }
}

/** Mixes of UTF-16 units into 53 bits by two 32-bit multiplicative hashes side by side. */
export function hashText(text: string): number {
  let a = 0x9e3779b1;
  let b = 0x85ebca77;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    a = Math.imul(a ^ unit, 0x27d4eb2f);
    b = Math.imul(b ^ unit, 0x165667b1);
    a ^= a >>> 15;
    b ^= b >>> 13;
  }
  a = Math.imul(a ^ (b >>> 16), 0x2c1b3c6d);
  b = Math.imul(b ^ (a >>> 16), 0x297a2d39);
  return ((a ^ (a >>> 15)) >>> 0) * 0x200000 + ((b ^ (b >>> 15)) >>> 11);
}

function isNumbers({ columns }: Component): boolean {
  return columns.every(
    ({ kind, lanes, axis }) => ["f32", "i32", "u32"].includes(kind) && lanes === 1 && axis === undefined,
  );
}

/** The bits that rows start with, one word a column; empty for a component with columns of other sizes. */
function bitsOf({ words, columns }: Component, initials: readonly number[]): Int32Array {
  if (!words) return new Int32Array(0);
  const bits = new Int32Array(columns.length);
  const floats = new Float32Array(bits.buffer);
  initials.forEach((initial, c) => {
    if (columns[c]!.code === 0) floats[c] = initial;
    else bits[c] = initial;
  });
  return bits;
}

/** The order of archetypes: component ids compared one by one, a prefix first. */
export function compareSignatures(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < a.length && i < b.length; i++) if (a[i] !== b[i]) return a[i]! - b[i]!;
  return a.length - b.length;
}
