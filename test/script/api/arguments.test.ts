import { describe, expect, it } from "vitest";
import { checkArguments } from "../../../src/script/api/argument.ts";
import { scriptApi } from "../../../src/script/api/index.ts";
import { type ApiParameter, type ApiType, functionsOf } from "../../../src/script/api.ts";
import { ScriptError } from "../../../src/script/host.ts";
import type { ScriptValue } from "../../../src/script/value.ts";

function messageOf(parameters: readonly Partial<ApiParameter>[], values: readonly ScriptValue[]): string {
  const list = parameters.map((parameter, i) => ({ name: `p${i}`, type: "value" as const, doc: "", ...parameter }));
  try {
    checkArguments(
      "Probe.try",
      { name: "try", doc: "", parameters: list, returns: "nothing", run: () => undefined },
      values,
    );
  } catch (error) {
    if (error instanceof ScriptError) return error.message;
    throw error;
  }
  return "";
}

const samples: readonly ScriptValue[] = [
  undefined,
  true,
  0,
  3,
  -2,
  1.5,
  Number.NaN,
  Infinity,
  2 ** 40,
  2 ** 60,
  2n ** 60n,
  "text",
  new Uint8Array([255]),
  [],
  [1, 2],
  ["a", "b"],
  [1, "a"],
  {},
  { x: 1, y: 2 },
  { x: 1, y: 2, z: 3 },
  { x: 1, y: 2, z: 3, w: 4 },
  { x: 1, y: Number.NaN },
  { x: "1", y: 2 },
];

/** Of each type the places of the samples that fit. */
const fitting: readonly [ApiType, readonly number[]][] = [
  ["number", [2, 3, 4, 5, 7, 8, 9]],
  ["integer", [2, 3, 4, 8]],
  ["boolean", [1]],
  ["string", [11]],
  ["bytes", [11, 12]],
  ["entity", [3, 4]],
  ["entities", [13, 14]],
  ["strings", [13, 15]],
  ["vec3", [18, 19, 20]],
  ["quat", [20]],
  ["list", [13, 14, 15, 16]],
  ["table", [13, 17, 18, 19, 20, 21, 22]],
  ["value", samples.map((_, i) => i)],
];

describe("arguments", () => {
  it.for(fitting)("of the type %s", ([type, places]) => {
    samples.forEach((value, i) => {
      const message = messageOf([{ type }], [value]);
      expect([i, message === ""]).toEqual([i, places.includes(i)]);
      if (message !== "") expect(message).toMatch(/^Probe\.try: p0: expected [a-z]+ .*, got /);
    });
  });

  const messages: readonly [readonly Partial<ApiParameter>[], readonly ScriptValue[], string][] = [
    [
      [{ name: "radius", type: "number", least: 0 }],
      ["far"],
      'Probe.try: radius: expected a number of at least 0, got "far"',
    ],
    [
      [{ name: "radius", type: "number", least: 0 }],
      [-1],
      "Probe.try: radius: expected a number of at least 0, got -1",
    ],
    [[{ type: "integer", least: 1, most: 6 }], [7], "Probe.try: p0: expected an integer from 1 to 6, got 7"],
    [[{ type: "number", most: 6 }], [7], "Probe.try: p0: expected a number of at most 6, got 7"],
    [[{ type: "string", oneOf: ["a", "b"] }], ["c"], 'Probe.try: p0: expected one of "a", "b", got "c"'],
    [[{ type: "entity" }], [undefined], "Probe.try: p0: expected an entity, got nothing"],
    [[{ type: "entity" }], [], "Probe.try: p0: expected an entity, got nothing"],
    [[{ type: "integer" }], [2n ** 60n], `Probe.try: p0: expected an integer, got the integer ${2n ** 60n}`],
    [[{ type: "vec3" }], [[1, 2, 3]], "Probe.try: p0: expected a vector { x, y, z }, got a list"],
    [[{ type: "vec3" }], [{ x: 1 }], "Probe.try: p0: expected a vector { x, y, z }, got a table without y"],
    [
      [{ type: "vec3" }],
      [{ x: 1, y: 2, z: "3" }],
      'Probe.try: p0: expected a vector { x, y, z }, got a table whose z is "3"',
    ],
    [
      [{ type: "quat" }],
      [{ x: 0, y: 0, z: 0 }],
      "Probe.try: p0: expected a rotation { x, y, z, w }, got a table without w",
    ],
    [[{ type: "entity", none: true }], [0], ""],
    [[{ type: "entity", none: true }], [undefined], "Probe.try: p0: expected an entity, got nothing"],
    [[{ type: "list" }], [{ a: 1 }], "Probe.try: p0: expected a list, got a table"],
    [[{ type: "string" }], [new Uint8Array(3)], "Probe.try: p0: expected a string, got a string of bytes"],
    [[{ type: "boolean" }], ["x".repeat(50)], `Probe.try: p0: expected true or false, got "${"x".repeat(40)}..."`],
    [[{ type: "number" }, { name: "b", type: "string" }], [1, 2], "Probe.try: b: expected a string, got 2"],
    [[{ type: "number" }], [1, 2], "Probe.try: expected at most 1 argument, got 2"],
    [[], [1], "Probe.try: expected at most 0 arguments, got 1"],
    [[{ type: "number" }], [1, undefined], ""],
    [[{ type: "number", optional: true }], [], ""],
    [[{ type: "number", optional: true }], ["x"], 'Probe.try: p0: expected a number, got "x"'],
  ];
  it.for(messages)("says what is wrong (%#)", ([parameters, values, message]) => {
    expect(messageOf(parameters, values)).toBe(message);
  });
});

/** A value that does not fit, for each type of parameter. */
const wrong: Readonly<Partial<Record<ApiType, ScriptValue>>> = {
  number: "far",
  integer: 1.5,
  boolean: 1,
  string: 5,
  bytes: 5,
  entity: "anna",
  entities: [0],
  strings: [1],
  vec3: 3,
  quat: { x: 1, y: 2, z: 3 },
  list: 3,
  table: "x",
};

describe("every function", () => {
  it("refuses what does not fit, by name", () => {
    const right: Readonly<Record<string, ScriptValue>> = {
      number: 1,
      integer: 1,
      boolean: true,
      string: "a",
      entity: 5,
      strings: ["a"],
      vec3: { x: 1, y: 1, z: 1 },
      quat: { x: 0, y: 0, z: 0, w: 1 },
      list: [],
      table: {},
      value: 1,
    };
    let count = 0;
    for (const { fullName, function: fn } of functionsOf(scriptApi)) {
      const fine = fn.parameters.map(({ type }) => right[type]);
      checkArguments(fullName, fn, fine);
      fn.parameters.forEach(({ name, type, optional }, p) => {
        if (type === "value") return;
        const values = fine.with(p, wrong[type]);
        expect(() => checkArguments(fullName, fn, values)).toThrow(`${fullName}: ${name}: expected `);
        count++;
        const missing = () => checkArguments(fullName, fn, fine.slice(0, p));
        if (optional) missing();
        else expect(missing).toThrow(`${fullName}: ${name}: expected `);
      });
    }
    expect(count).toBeGreaterThan(70);
  });

  it("is defined as engines and readers need it", () => {
    const names = functionsOf(scriptApi).map(({ fullName }) => fullName);
    expect(new Set(names).size).toBe(names.length);
    for (const { fullName, function: fn } of functionsOf(scriptApi)) {
      expect(fullName).toMatch(/^[A-Z][a-z]+\.[a-z][A-Za-z]*$/);
      for (const doc of [fn.doc, ...fn.parameters.map((parameter) => parameter.doc)])
        expect(doc).toMatch(/^[A-Z0-9].*\.$/);
      const firstOptional = fn.parameters.findIndex(({ optional }) => optional);
      if (firstOptional >= 0) expect(fn.parameters.slice(firstOptional).every(({ optional }) => optional)).toBe(true);
    }
  });
});
