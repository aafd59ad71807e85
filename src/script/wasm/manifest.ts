import { WorldloomError } from "../../core/errors.ts";
import {
  type ElementKind,
  type Hook,
  type ScriptManifest,
  type StateField,
  type StateKind,
  stateKinds,
} from "../engine.ts";
import { misfit, NAME } from "../manifest.ts";

/** What a guest says about itself: the manifest, and the columns that it takes, in the order of its lists. */
export interface GuestManifest {
  readonly manifest: ScriptManifest;
  /** Undefined for all fields of `reads`, then of `writes`, then of `State`. */
  readonly columns: readonly ColumnName[] | undefined;
}

/** `Position.x: f32`. */
export interface ColumnName {
  readonly component: string;
  readonly field: string;
  /** Undefined where any kind will do. */
  readonly kind: ElementKind | undefined;
}

/**
 * The manifest of a module: from its custom section, over which the parts of `given` go. Throws `script-invalid`.
 *
 * The JSON has `state` (a number, boolean, text or `{ "kind", "default" }` by name), `reads`, `writes`, `hears`, `requires`,
 * and `columns` (`"Position.x"` or `"Position.x: f32"`), all of them optional.
 */
export function readManifest(
  file: string,
  section: Uint8Array | undefined,
  given: Partial<ScriptManifest> | undefined,
  hooks: readonly Hook[],
): GuestManifest {
  const json = section === undefined ? {} : parse(file, section);
  for (const key of Object.keys(json)) {
    if (!KEYS.has(key)) throw wrong(file, `the manifest has no "${key}", only ${[...KEYS].join(", ")}`);
  }
  const names = (key: "reads" | "writes" | "hears" | "requires"): readonly string[] => {
    const list = given?.[key] ?? json[key] ?? [];
    if (!isNames(list, key === "hears" ? EVENT : NAME))
      throw wrong(file, `"${key}" of the manifest is a list of names`);
    return list;
  };
  const writes = names("writes");
  const manifest: ScriptManifest = {
    state: stateOf(file, given?.state ?? json["state"] ?? {}),
    reads: names("reads").filter((name) => !writes.includes(name)),
    writes,
    hears: names("hears"),
    requires: names("requires"),
    hooks,
  };
  if (manifest.requires.length > 0) throw wrong(file, "a WebAssembly module cannot require others; link them into it");
  return { manifest, columns: columnsOf(file, json["columns"], manifest) };
}

export function wrong(file: string, what: string, fields: Readonly<Record<string, unknown>> = {}): WorldloomError {
  return new WorldloomError("script-invalid", `${file}: ${what}.`, { file, ...fields });
}

const KEYS: ReadonlySet<string> = new Set(["state", "reads", "writes", "hears", "requires", "columns"]);
const KINDS: ReadonlySet<string> = new Set(stateKinds);
const ELEMENTS: ReadonlySet<string> = new Set([...KINDS, "i8", "u8", "i16", "u16"]);
/** With the field that says whom it is for: `Hit.target`. */
const EVENT = /^[A-Za-z]\w*(\.\w+)?$/;

function parse(file: string, section: Uint8Array): Readonly<Record<string, unknown>> {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(section));
  } catch {
    throw wrong(file, "its manifest is not JSON");
  }
  if (!isObject(json)) throw wrong(file, "its manifest is a JSON object");
  return json;
}

function stateOf(file: string, state: unknown): ScriptManifest["state"] {
  if (!isObject(state)) throw wrong(file, `"state" of the manifest is an object`);
  return Object.fromEntries(
    Object.entries(state).map(([name, value]): [string, StateField] => {
      if (!NAME.test(name))
        throw wrong(file, `"${name}" of the state is a letter, then letters, digits and underscores`);
      const field = fieldOf(value);
      if (field === undefined) {
        throw wrong(
          file,
          `"${name}" of the state is a number, boolean, text, or { kind, default } of ${[...KINDS].join(", ")}`,
        );
      }
      const expected = misfit(field.kind, field.default);
      if (expected !== "") throw wrong(file, `the default of "${name}" of the state is ${expected}`);
      return [name, field];
    }),
  );
}

function fieldOf(value: unknown): StateField | undefined {
  if (typeof value === "number") return { kind: "f64", default: value };
  if (typeof value === "boolean") return { kind: "bool", default: value };
  if (typeof value === "string") return { kind: "str", default: value };
  if (!isObject(value) || typeof value["kind"] !== "string" || !KINDS.has(value["kind"])) return undefined;
  const kind = value["kind"] as StateKind;
  const initial = value["default"] ?? (kind === "str" ? "" : kind === "bool" ? false : 0);
  return { kind, default: initial as StateField["default"] };
}

function columnsOf(file: string, columns: unknown, manifest: ScriptManifest): readonly ColumnName[] | undefined {
  if (columns === undefined) return undefined;
  if (!Array.isArray(columns)) throw wrong(file, `"columns" of the manifest is a list`);
  const known = [...manifest.reads, ...manifest.writes, "State"];
  return columns.map((text) => {
    const [, component = "", field = "", kind] = /^(\w+)\.([\w.]+)(?:: (\w+))?$/.exec(String(text)) ?? [];
    if (field === "" || (kind !== undefined && !ELEMENTS.has(kind))) {
      throw wrong(file, `column "${text}" of the manifest is like "Position.x" or "Position.x: f32"`);
    }
    if (!known.includes(component))
      throw wrong(file, `column "${text}" is of no component that the manifest reads or writes`);
    return { component, field, kind: kind as ElementKind | undefined };
  });
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isNames(value: unknown, form: RegExp): value is readonly string[] {
  return Array.isArray(value) && value.every((name) => typeof name === "string" && form.test(name));
}
