import { describe, expect, test } from "vitest";
import type { ScriptValue } from "../../../src/script/value.ts";
import { alloc, assemble, call, f64, get, i32, load, store } from "./guest-module.ts";
import type { Code } from "./guest-rows.ts";
import { startGuest } from "./guest-world.ts";

describe("functions of the host", () => {
  const ECHOES: readonly [name: string, signature: string, push: Code, expected: ScriptValue, ret?: string][] = [
    ["echo_number", "d", [f64(1.5)], 1.5, "d"],
    ["echo_integer", "l", [0x42, 0x7d], -3, "l"],
    ["echo_boolean", "i", [i32(1)], true, "i"],
    ["echo_entity", "i", [i32(103)], 103, "i"],
    ["echo_string", "iii", [i32(2000), i32(5), i32(64)], "héll"],
    ["echo_bytes", "iii", [i32(2000), i32(2), i32(64)], Uint8Array.of(0x68, 0xc3)],
    ["echo_entities", "iii", [i32(2016), i32(2), i32(64)], [5, 6]],
    ["echo_strings", "iii", [i32(2024), i32(2), i32(64)], ["h", "héll"]],
    ["echo_vec3", "dddi", [f64(1), f64(2), f64(3), i32(64)], { x: 1, y: 2, z: 3 }],
    ["echo_quat", "ddddi", [f64(1), f64(2), f64(3), f64(4), i32(64)], { x: 1, y: 2, z: 3, w: 4 }],
    ["echo_list", "iii", [i32(2040), i32(5), i32(64)], [1, 2]],
    ["echo_value", "iii", [i32(2041), i32(1), i32(64)], 1],
  ];
  const data = [
    { at: 2000, bytes: [0x68, 0xc3, 0xa9, 0x6c, 0x6c] },
    { at: 2016, bytes: [5, 0, 0, 0, 6, 0, 0, 0] },
    { at: 2024, bytes: [0xd0, 7, 0, 0, 1, 0, 0, 0, 0xd0, 7, 0, 0, 5, 0, 0, 0] },
    { at: 2040, bytes: [...Buffer.from("[1,2]")] },
  ];
  const realloc = { name: "cabi_realloc", parameters: "iiii", results: "i", code: [i32(3000)] };
  const bottom = { name: "worldloom_alloc", parameters: "i", results: "i", code: [i32(65_536)] } as const;
  test.for(ECHOES)("%s", async ([name, parameters, push, expected, ret]) => {
    const code = assemble({
      imports: [{ name, parameters, ...(ret === undefined ? {} : { results: ret }) }],
      functions: [bottom, realloc, { name: "run", results: ret ?? "", parameters: "", code: [...push, call(0)] }],
      memory: { pages: 4 },
      data,
    });
    const { world, domain, program } = await startGuest(code);
    const outcome = domain.call(program, 1, world.row(1), "run", []);
    expect(world.calls).toEqual([[expect.any(String), 102, [expected]]]);
    if (ret !== undefined) expect(outcome).toEqual({ ok: true, value: expected === true ? 1 : expected });
    else expect(outcome).toEqual({ ok: true, value: undefined });
  });
  test("missing values and options", async () => {
    const code = assemble({
      imports: [
        { name: "echo_maybe", parameters: "di" },
        { name: "echo_last_maybe", parameters: "diddd" },
      ],
      functions: [
        bottom,
        {
          name: "run",
          results: "i",
          code: [
            f64(4),
            i32(64),
            call(0),
            f64(1),
            i32(0),
            f64(9),
            f64(9),
            f64(9),
            call(1),
            f64(1),
            i32(1),
            f64(2),
            f64(3),
            f64(4),
            call(1),
            i32(0),
            load(64),
          ],
        },
      ],
    });
    const { world, domain, program } = await startGuest(code);
    expect(domain.call(program, 1, world.row(0), "run", [])).toEqual({ ok: true, value: 1 });
    expect(world.calls.map(([, , values]) => values)).toEqual([[4], [1, undefined], [1, { x: 2, y: 3, z: 4 }]]);
  });
  test.for([
    ["echo_string", [i32(-8), i32(100), i32(64)], /echo_string: a pointer, 4294967288, with 100 elements leads out/],
    ["echo_string", [i32(2001), i32(1), i32(64)], /echo_string: a text is not UTF-8/],
    ["echo_string", [i32(2000), i32(5), i32(-1)], /leads out of the memory/],
    ["echo_list", [i32(2000), i32(1), i32(64)], /echo_list: expected JSON, got "h"/],
    ["echo_entities", [i32(0), i32(1 << 30), i32(64)], /leads out|instructions/],
  ] as const)("%s with what is wrong", async ([name, push, message]) => {
    const code = assemble({
      imports: [{ name, parameters: "iii" }],
      functions: [bottom, realloc, { name: "run", code: [...push, call(0)] }],
      memory: { pages: 4 },
      data,
    });
    const { world, domain, program } = await startGuest(code);
    const outcome = domain.call(program, 1, world.row(0), "run", []);
    expect(outcome).toMatchObject({ ok: false, fault: { message: expect.stringMatching(message) } });
  });
  test("errors of the host end the call; bugs of the host are thrown, and the guest is as before", async () => {
    const names = ["fail_refuse", "fail_stop", "fail_crash"];
    const code = assemble({
      imports: names.map((name) => ({ name, parameters: "" })),
      functions: [alloc, ...names.map((_, f) => ({ name: `run${f}`, code: [i32(8), i32(1), store(), call(f)] }))],
    });
    const { world, domain, program } = await startGuest(code);
    const image = domain.bytes.slice();
    const run = (f: number) => domain.call(program, 1, world.row(0), `run${f}`, []);
    expect(run(0)).toMatchObject({ ok: false, fault: { kind: "error", message: "Fail.refuse: refused", entity: 101 } });
    expect(run(1)).toMatchObject({ ok: false, fault: { kind: "spawns", message: "no more" } });
    expect(() => run(2)).toThrow("a bug of the host");
    expect(Buffer.compare(domain.bytes, image)).toBe(0);
  });
  test("bytes that the host moves cost fuel", async () => {
    const code = assemble({
      imports: [{ name: "echo_string", parameters: "iii" }],
      functions: [alloc, realloc, { name: "run", parameters: "i", code: [i32(0), get(0), i32(64), call(0)] }],
      memory: { pages: 4 },
    });
    const { world, domain, program } = await startGuest(code, { instructions: 5000 });
    expect(domain.call(program, 1, world.row(0), "run", [1000])).toMatchObject({ ok: true });
    const failed = domain.call(program, 1, world.row(0), "run", [100_000]);
    expect(failed).toMatchObject({ ok: false, fault: { kind: "instructions" } });
  });
});
