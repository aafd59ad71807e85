import { expect, test } from "vitest";
import { makesWide } from "../../src/kernel/compile.ts";
import { emitsWide, relaxedSimd } from "../../src/kernel/emit/emit.ts";
import { splitOf } from "../../src/kernel/emit/split.ts";
import { Graph } from "../../src/kernel/graph.ts";
import type { Program } from "../../src/kernel/program.ts";
import { execute } from "./both.ts";
import { CROWD_CHUNKS, crowdOf } from "./crowd.ts";
import { lowered } from "./front-run.ts";
import { Chance, randomNumber, randomProgram } from "./random-program.ts";
import { RandomSource } from "./random-source.ts";
import { BYTES, programOf, Stage } from "./stage.ts";

const COUNTS = [0, 1, 3, 4, 5, 31];

/** A stage with random columns: the same for the same seed. */
function stageOf(program: Program, chunks: readonly number[], seed: number): Stage {
  const chance = new Chance(seed);
  const uniforms = program.uniforms.map(({ type }) => randomNumber(chance, type));
  const stage = new Stage(program, chunks, uniforms);
  chunks.forEach((rows, chunk) => {
    program.buffers.forEach(({ element, lanes }, b) => {
      const values = Array.from({ length: rows * lanes }, () => randomNumber(chance, element));
      stage.set(chunk, b, values);
    });
  });
  return stage;
}

/** All that a run leaves: the bytes of columns, the lists, the partial results. */
function outcome(stage: Stage): unknown {
  const { program, chunks, memory } = stage;
  const bytes = (at: number, count: number): string => Buffer.from(memory.u8.slice(at, at + count)).toString("hex");
  return {
    columns: chunks.map((rows, chunk) =>
      program.buffers.map(({ element, lanes }, b) => bytes(stage.columns[chunk]![b]!, rows * lanes * BYTES[element])),
    ),
    appended: program.appends.map((_, a) => stage.appended(a)),
    partials: chunks.map((_, chunk) => program.folds.map((_, fold) => stage.partial(chunk, fold))),
  };
}

/** Branches about nearly everything, about some, or as usual. */
function dearOf(seed: number): number {
  return [1, 8, 32][(seed >> 1) % 3]!;
}

test.for([0, 1, 2, 3, 4, 5, 6, 7])(
  "random programs do what the interpreter does, in both tiers of the engine, part %i",
  (part) => {
    for (let i = 0; i < 150; i++) {
      const seed = part * 150 + i;
      const program = randomProgram(seed, { size: 4 + (seed % 60) });
      const chunks = [COUNTS[seed % 6]!, COUNTS[(seed >> 3) % 6]!, 5];
      const expected = outcome(stageOf(program, chunks, seed).interpret());
      for (const best of [false, true]) {
        const wide = best && seed % 3 > 0 && makesWide();
        const way = { relaxed: relaxedSimd() && seed % 2 === 0, best, wide, dear: dearOf(seed) };
        expect(outcome(execute(stageOf(program, chunks, seed), way)), `seed ${seed}`).toEqual(expected);
      }
    }
  },
);

test("random functions do what the interpreter does, with branches about nearly everything", () => {
  for (let seed = 0; seed < 400; seed++) {
    const { program } = lowered(new RandomSource(seed).source());
    const expected = outcome(stageOf(program, [13, 5], seed).interpret());
    for (const dear of [1, 8])
      expect(outcome(execute(stageOf(program, [13, 5], seed), { relaxed: false, dear })), `seed ${seed}`).toEqual(
        expected,
      );
  }
});

test("what a branch decides is there before it is used outside of another that it is in", () => {
  const { program } = lowered(`(body, mind, other, k) => {
    body.x = body.n > 3 ? other.x : body.y;
    if (mind.on) {
      switch (body.m) {
        case 0:
          if (mind.on && mind.on) {
            if (body.m === 0) body.x *= other.x;
          } else if (body.n > 3) k.max(k.Total, "most", other.x);
          else k.emit(k.Hit, { amount: other.x });
          body.y += Math.sin(body.x);
          break;
        case 1:
        case 2:
          return;
      }
    }
    body.x = other.x;
  }`);
  const expected = outcome(stageOf(program, [13, 5], 1).interpret());
  for (const dear of [1, 6, 8]) {
    expect(outcome(execute(stageOf(program, [13, 5], 1), { relaxed: false, dear }))).toEqual(expected);
  }
});

test.for([0, 1, 2, 3, 4])(
  "random programs in words do what the interpreter does, with vectors of 256 bits, part %i",
  (part) => {
    let wide = 0;
    for (let seed = part * 100; seed < (part + 1) * 100; seed++) {
      const program = randomProgram(seed, { size: 4 + (seed % 60), words: true });
      wide += Number(emitsWide(program));
      const chunks = [COUNTS[seed % 6]!, COUNTS[(seed >> 3) % 6]!, 13];
      const expected = outcome(stageOf(program, chunks, seed).interpret());
      // Eight rows at a time are right also where the engine makes no pairs.
      const ways = [
        { relaxed: relaxedSimd() && seed % 2 === 0, best: true, wide: makesWide(), dear: dearOf(seed) },
        { relaxed: false, wide: true, dear: dearOf(seed) },
      ];
      for (const way of ways) {
        expect(outcome(execute(stageOf(program, chunks, seed), way)), `seed ${seed}`).toEqual(expected);
      }
    }
    expect(wide).toBeGreaterThan(40);
  },
);

test.for([
  ["gathers", { gathers: true }],
  ["neighbours", { loops: true }],
  ["gathers and neighbours", { gathers: true, loops: true }],
  ["neighbours, in words", { loops: true, words: true }],
  ["gathers, in words", { gathers: true, words: true }],
] as const)("random programs with %s do what the interpreter does, in both tiers of the engine", ([, wishes]) => {
  for (let seed = 0; seed < 120; seed++) {
    const program = randomProgram(seed, { size: 8 + (seed % 40), ...wishes });
    const expected = outcome(crowdOf(program, new Chance(seed)).interpret());
    for (const best of [false, true]) {
      const way = {
        relaxed: relaxedSimd() && seed % 2 === 0,
        best,
        wide: best && seed % 3 > 0 && makesWide(),
        // Stretches of one group, or of all; with a number below 0 nobody is near.
        stretchRows: seed % 3 === 0 ? 512 : 4,
        far: seed % 4 === 0 ? 3 : -1,
        dear: dearOf(seed),
      };
      expect(outcome(execute(crowdOf(program, new Chance(seed)), way)), `seed ${seed}`).toEqual(expected);
    }
  }
});

test("random programs that look up first and compute then do what the interpreter does", () => {
  let split = 0;
  for (let seed = 0; seed < 600; seed++) {
    const program = randomProgram(seed, { size: 8 + (seed % 60), gathers: true, words: true });
    if (splitOf(program) === undefined) continue;
    split++;
    const expected = outcome(crowdOf(program, new Chance(seed)).interpret());
    // Stretches that end in the midst of eight rows are as long as eight allow.
    const stretchRows = [512, 4, 8, 16][seed % 4]!;
    const dear = dearOf(seed);
    const far = seed % 3 ? -1 : 3;
    const ways = [
      { relaxed: relaxedSimd() && seed % 2 === 0, best: true, wide: makesWide(), stretchRows, far, dear },
      { relaxed: false, wide: true, stretchRows, dear },
    ];
    for (const way of ways) {
      expect(outcome(execute(crowdOf(program, new Chance(seed)), way)), `seed ${seed}`).toEqual(expected);
    }
  }
  expect(split).toBeGreaterThan(100);
});

test("what is found out where something is rare is not believed elsewhere", () => {
  const graph = new Graph();
  const [entity, yes] = [graph.load("i32", 0, 0), graph.constant("bool", 1)];
  const seldom = graph.op("gt", graph.load("f32", 1, 0), graph.constant("f32", 1e30));
  const rare = graph.op("rare", seldom, graph.fetch("f32", 0, entity, yes), graph.constant("f32", 5));
  const buffers = (["i32", "f32", "f32", "f32"] as const).map((element, b) => ({
    name: `b${b}`,
    element,
    lanes: 1,
    written: b > 1,
  }));
  const gathers = [0, 1].map((g) => ({ name: `g${g}`, element: "f32" as const, lanes: 1, lane: 0 }));
  const stores = [rare, graph.fetch("f32", 1, entity, yes)].map((value, i) => ({ buffer: i + 2, lane: 0, value }));
  const program = programOf(graph, { buffers, gathers, stores });
  const stage = (): Stage => {
    const made = crowdOf(program, new Chance(1));
    for (const chunk of CROWD_CHUNKS.keys()) made.set(chunk, 1, new Float32Array(CROWD_CHUNKS[chunk]!));
    return made;
  };
  expect(outcome(execute(stage(), { relaxed: false }))).toEqual(outcome(stage().interpret()));
});
