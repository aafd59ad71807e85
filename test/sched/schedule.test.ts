import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  component,
  event,
  f32,
  resource,
  type Schedule,
  type ScheduleOptions,
  type System,
  type SystemOptions,
  schedule,
  system,
  type Term,
  without,
  write,
} from "../../src/index.ts";
import { refusal } from "../ecs/refusal.ts";

const [A, B, C] = ["A", "B", "C"].map((name) => component(name, { x: f32 })) as [Comp, Comp, Comp];
type Comp = ReturnType<typeof component<string, { x: typeof f32 }>>;
const Score = resource("Score", { x: f32 });
const Hit = event("Hit", {});

type Options = Omit<SystemOptions<readonly Term[], Record<string, readonly Term[]>>, "run" | "module">;
const make = (name: string, options: Options = {}): System => system(name, { ...options, run() {} }) as System;
const namesOf = ({ stages }: Schedule): string[] => stages.map((stage) => stage.map(({ name }) => name).join(" "));

describe("a schedule", () => {
  test("has systems that do not conflict in one stage, in the order of the list", () => {
    const plan = schedule({
      systems: [
        make("late", { query: [A], after: ["move"] }),
        make("draw", { query: [B] }),
        make("move", { query: [write(A)] }),
      ],
    });
    expect(namesOf(plan)).toEqual(["draw move", "late"]);
    expect(plan.edges.map(({ from, to, reasons }) => [from.name, to.name, reasons])).toEqual([
      ["move", "late", ["late says after", "A is written and read"]],
    ]);
  });

  test("has phases one after the other", () => {
    const systems = [
      make("draw", { phase: "late" }),
      make("move"),
      make("think", { phase: "early", before: ["draw"] }),
    ];
    const plan = schedule({ systems, phases: ["early", "late", "never"] });
    expect([namesOf(plan), systems.map((one) => plan.phaseOf(one))]).toEqual([
      ["move think", "draw"],
      ["late", "early", "early"],
    ]);
  });

  test("takes systems as they are listed, each right after those that it must follow", () => {
    const listed = { ambiguity: "declared" as const };
    const [a, b, c] = [make("a", { query: [write(A)] }), make("b", { query: [A] }), make("c", { query: [write(A)] })];
    expect(namesOf(schedule({ systems: [a, b, c], ...listed }))).toEqual(["a", "b", "c"]);
    const first = make("a", { query: [write(A)], after: ["c"] });
    expect(namesOf(schedule({ systems: [first, b, c], ...listed }))).toEqual(["c", "a", "b"]);
  });

  test("may be of nothing", () => {
    const plan = schedule({ systems: [] });
    expect([plan.stages, plan.edges, plan.phases]).toEqual([[], [], ["update"]]);
  });

  // By rows: what two systems declare, and what is said of it.
  test.for<[string, Options, Options, string | undefined]>([
    ["two writers", { query: [write(A)] }, { query: [write(A)] }, "both write A"],
    ["a writer and a reader", { query: [write(A)] }, { query: [A] }, "A is written and read"],
    ["a reader and a writer besides", { query: [A] }, { writes: [A] }, "A is written and read"],
    [
      "two who read and write",
      { query: [A, write(B)] },
      { query: [write(A), B] },
      "B is written and read; A is written and read",
    ],
    ["another query", { queries: { others: [write(A)] } }, { reads: [A] }, "A is written and read"],
    ["an optional writer", { query: [{ is: "optional", term: write(A) }] }, { query: [A] }, "A is written and read"],
    [
      "who looks for changes",
      { query: [{ is: "changed", component: A }] },
      { query: [write(A)] },
      "A is written and read",
    ],
    ["two who set", { sets: [Score] }, { sets: [Score] }, "both set Score"],
    ["two who set and get", { sets: [Score], gets: [Score] }, { sets: [Score], gets: [Score] }, "both set Score"],
    ["who sets and who gets", { gets: [Score] }, { sets: [Score] }, "Score is set and read"],
    ["who emits and who hears", { emits: [Hit] }, { hears: [Hit] }, "Hit is emitted and read"],
    ["an exclusive one", {}, { exclusive: true }, "the second is exclusive"],
    [
      "a query that is apart, but reads besides",
      { query: [write(A), B], reads: [C] },
      { query: [write(A), without(B)] },
      "both write A",
    ],
    ["two readers", { query: [A] }, { query: [A], reads: [A] }, undefined],
    ["two who get", { gets: [Score] }, { gets: [Score] }, undefined],
    ["two who emit", { emits: [Hit] }, { emits: [Hit] }, undefined],
    ["two who hear", { hears: [Hit] }, { hears: [Hit] }, undefined],
    ["queries that are apart", { query: [write(A), B] }, { query: [write(A), without(B)] }, undefined],
    ["who only asks for it to be there", { query: [without(A)] }, { query: [write(A)] }, undefined],
    ["different things", { query: [write(A)], sets: [Score] }, { query: [write(B)], emits: [Hit] }, undefined],
  ])("%s", ([, first, second, conflict]) => {
    const both =
      (a: Options, b: Options): (() => Schedule) =>
      () =>
        schedule({ systems: [make("first", a), make("second", b)] });
    if (conflict === undefined) return expect(namesOf(both(first, second)())).toEqual(["first second"]);
    const error = refusal(both(first, second));
    expect([error.code, error.operands["systems"]]).toEqual(["schedule-ambiguous", ["first", "second"]]);
    expect(error.message).toContain(`Systems first and second conflict (${conflict})`);
    expect(error.message).toContain('before: ["second"]');
    expect(namesOf(both({ ...first, before: ["second"] }, second)())).toEqual(["first", "second"]);
    expect(namesOf(both({ ...first, after: ["second"] }, second)())).toEqual(["second", "first"]);
  });
});

describe("misuse", () => {
  const [a, b] = [make("a"), make("b", { after: ["a"] })];
  test.for<[string, unknown, string, RegExp]>([
    ["no options", undefined, "bad-argument", /options must be an object/],
    ["no list", { systems: 7 }, "bad-argument", /systems must be a list/],
    ["no system", { systems: [a, {}] }, "bad-argument", /made with system\(\)/],
    ["nothing in the list", { systems: [undefined] }, "bad-argument", /made with system\(\)/],
    ["two of one name", { systems: [a, make("a")] }, "name-taken", /Two systems are named a/],
    ["one system twice", { systems: [a, a] }, "name-taken", /Two systems are named a/],
    ["no phases", { systems: [], phases: [] }, "bad-argument", /phases must be a list of different names/],
    ["phases that are no list", { systems: [], phases: "x" }, "bad-argument", /phases must be a list/],
    ["a phase twice", { systems: [], phases: ["x", "x"] }, "bad-argument", /different names.*"x"/],
    ["a phase without a name", { systems: [], phases: ["x", ""] }, "bad-argument", /different names/],
    ["a phase that is a number", { systems: [], phases: [7] }, "bad-argument", /different names.*7/],
    ["an unknown phase", { systems: [make("c", { phase: "x" })] }, "bad-argument", /one of the phases update, not "x"/],
    ["an unknown ambiguity", { systems: [], ambiguity: "no" }, "bad-argument", /"error" or "declared", not "no"/],
    [
      "an unknown name",
      { systems: [make("c", { before: ["d"] })] },
      "bad-argument",
      /before of system c must be the name of a system/,
    ],
    [
      "an order against the phases",
      { systems: [make("c", { phase: "y", before: ["d"] }), make("d", { phase: "x" })], phases: ["x", "y"] },
      "schedule-cycle",
      /c \(phase y\) cannot run before d \(phase x\)/,
    ],
    ["a system before itself", { systems: [make("c", { before: ["c"] })] }, "schedule-cycle", /circle: c -> c;/],
    [
      "a circle",
      {
        systems: [
          make("x", { query: [A] }),
          make("c", { before: ["d"] }),
          make("d", { before: ["e"] }),
          make("e", { before: ["c"] }),
          b,
          a,
        ],
      },
      "schedule-cycle",
      /circle: c -> d -> e -> c;/,
    ],
    [
      "a circle of two",
      { systems: [make("c", { before: ["d"], after: ["d"] }), make("d")] },
      "schedule-cycle",
      /circle: c -> d -> c;/,
    ],
  ])("%s is refused", ([, options, code, message]) => {
    const error = refusal(() => schedule(options as ScheduleOptions));
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
  });
});

describe("any schedule", () => {
  const components = [A, B, C];
  const one = fc.record({
    reads: fc.subarray(components),
    writes: fc.subarray(components, { maxLength: 1 }),
    phase: fc.constantFrom("x", "y"),
    // Names of systems that come earlier in some order, so that there is no circle.
    after: fc.array(fc.nat(30), { maxLength: 3 }),
    exclusive: fc.integer({ min: 0, max: 20 }).map((n) => n === 0),
  });
  const listed = fc.array(one, { maxLength: 30 }).chain((list) =>
    fc
      .shuffledSubarray(
        list.map((_, i) => i),
        { minLength: list.length },
      )
      .map((order) => ({ list, order })),
  );
  const build = ({
    list,
    order,
  }: {
    list: readonly (typeof one extends fc.Arbitrary<infer T> ? T : never)[];
    order: readonly number[];
  }): System[] => {
    const made = list.map(({ reads, writes, phase, after, exclusive }, i) =>
      make(`s${i}`, {
        reads,
        writes,
        phase,
        exclusive,
        after: [...new Set(after)]
          .filter((other) => other < i && list[other]!.phase <= phase)
          .map((other) => `s${other}`),
      }),
    );
    return order.map((i) => made[i]!);
  };
  const touches = ({ reads = [], writes = [] }: System, other: System): boolean =>
    writes.some((c) => other.reads!.includes(c) || other.writes!.includes(c)) ||
    reads.some((c) => other.writes!.includes(c));

  test("keeps what was said, and conflicting systems apart", () => {
    fc.assert(
      fc.property(listed, (input) => {
        const systems = build(input);
        const plan = schedule({ systems, phases: ["x", "y"], ambiguity: "declared" });
        const stageOf = new Map(plan.stages.flatMap((stage, s) => stage.map((one) => [one.name, s] as const)));
        expect(plan.stages.flat().length).toBe(systems.length);
        expect([...stageOf.keys()].sort()).toEqual(systems.map(({ name }) => name).sort());
        for (const stage of plan.stages) {
          expect(stage.length).toBeGreaterThan(0);
          expect(stage.map((one) => systems.indexOf(one))).toEqual(
            stage.map((one) => systems.indexOf(one)).sort((a, b) => a - b),
          );
          expect(new Set(stage.map(({ phase }) => phase)).size).toBe(1);
          if (stage.some(({ exclusive }) => exclusive)) expect(stage.length).toBe(1);
          for (const a of stage)
            for (const b of stage)
              if (a !== b) expect([a.name, b.name, touches(a, b)]).toEqual([a.name, b.name, false]);
        }
        for (const one of systems) {
          for (const name of one.after!) expect(stageOf.get(name)!).toBeLessThan(stageOf.get(one.name)!);
          for (const other of systems)
            if (one.phase! < other.phase!) expect(stageOf.get(one.name)!).toBeLessThan(stageOf.get(other.name)!);
        }
        // Nobody waits without a reason: somebody in the stage before comes first by an edge.
        for (const one of systems) {
          const stage = stageOf.get(one.name)!;
          if (stage === 0 || plan.stages[stage - 1]![0]!.phase !== one.phase) continue;
          expect(plan.edges.some(({ from, to }) => to === one && stageOf.get(from.name) === stage - 1)).toBe(true);
        }
        for (const { from, to, reasons } of plan.edges) {
          expect(stageOf.get(from.name)!).toBeLessThan(stageOf.get(to.name)!);
          expect(reasons.length).toBeGreaterThan(0);
        }
      }),
      { seed: 4, numRuns: 200 },
    );
  });

  test("depends on the declaration alone", () => {
    fc.assert(
      fc.property(listed, (input) => {
        const text = (): string => {
          const plan = schedule({ systems: build(input), phases: ["x", "y"], ambiguity: "declared" });
          return plan.explain() + plan.toMermaid() + plan.toSvg();
        };
        expect(text()).toBe(text());
      }),
      { seed: 5, numRuns: 50 },
    );
  });

  test("without ambiguity, is the same in whatever order it is listed", () => {
    fc.assert(
      fc.property(listed, (input) => {
        const systems = build(input);
        const order = schedule({ systems, phases: ["x", "y"], ambiguity: "declared" }).stages.flat();
        // Everybody after everybody before: nothing is left to the list.
        const said = order.map(({ name, ...one }, i) =>
          make(name, { ...one, after: order.slice(0, i).map((other) => other.name) } as Options),
        );
        const back = (list: readonly System[]): string[] => namesOf(schedule({ systems: list, phases: ["x", "y"] }));
        expect(back([...said].reverse())).toEqual(back(said));
      }),
      { seed: 6, numRuns: 50 },
    );
  });

  test("of 500 systems is made", () => {
    const many = Array.from({ length: 500 }, (_, i) =>
      make(`s${i}`, { query: [i % 3 === 0 ? write(A) : A, i % 5 === 0 ? write(B) : B] }),
    );
    const plan = schedule({ systems: many, ambiguity: "declared" });
    expect(plan.stages.flat().length).toBe(500);
    expect(plan.toSvg()).toContain("s499");
  });
});
