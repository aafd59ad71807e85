import { describe, expect, it } from "vitest";
import {
  component,
  createWorld,
  entity,
  event,
  f32,
  type Kernel,
  kernel,
  resource,
  SpatialIndex,
  u8,
  u32,
  type World,
} from "../../src/index.ts";

const Place = component("Place", { x: f32, y: f32 });
const State = component("State", { mood: u8, heat: f32, n: u32, m: u32 });
const Burn = event("Burn", { heat: f32 });
const Worst = resource("Worst", { heat: f32 });

/** Branches in the code of a kernel within one another at most, and how many there are; one of the code is about empty chunks. */
function branchesOf(made: { explain(): { code: string } }): { count: number; depth: number } {
  const lines = made.explain().code.split("\n");
  const indents = lines.flatMap((line) => (/^\s*if\b/.test(line) ? [line.search(/\S/)] : []));
  return { count: indents.length, depth: new Set(indents).size };
}

const dear = kernel("dear", { write: [Place], read: [State], uniforms: { limit: f32 } }, (place, state, k) => {
  if (state.heat > k.limit) {
    const size = Math.exp(place.x) + Math.cos(place.y);
    place.x = size;
    place.y = size * Math.sin(place.y);
  }
});
const cheap = kernel("cheap", { write: [Place], read: [State], uniforms: { limit: f32 } }, (place, state, k) => {
  if (state.heat > k.limit) place.x = place.x * 2 + 1;
});
const moods = kernel("moods", { write: [Place], read: [State] }, (place, state) => {
  if (state.mood === 0) place.x = Math.exp(place.y) * Math.exp(place.x);
  else if (state.mood === 1) place.x = Math.sin(place.y) + Math.cos(place.y);
  else place.x = Math.atan2(place.y, place.x);
});
const early = kernel("early", { write: [Place], read: [State], uniforms: { limit: f32 } }, (place, state, k) => {
  if (state.heat > k.limit) return;
  place.y = Math.tanh(place.x) + Math.log(place.y);
});
const gcd = kernel("gcd", { write: [State] }, (state) => {
  let a = state.n;
  let b = state.m;
  for (let i = 0; i < 16; i++) {
    if (b === 0) break;
    const rest = a % b;
    a = b;
    b = rest;
  }
  state.n = a;
});
const burn = kernel(
  "burn",
  { write: [State], read: [Place], uniforms: { limit: f32 }, uses: [Burn, Worst] },
  (state, place, k) => {
    if (state.heat > k.limit) {
      const heat = Math.exp(place.x) * Math.exp(place.y) + Math.cos(place.x);
      k.max(Worst, "heat", heat);
      k.emit(Burn, { heat });
      if (heat > 1 && Math.sin(heat) * Math.exp(-heat) > 0.01) {
        state.heat -= heat;
        k.despawn();
      }
    }
  },
);

/** A world of 77 entities, 64 of them in a full chunk; `heat` goes from 0 to 1. */
function world() {
  const made = createWorld({ components: [Place, State], events: [Burn], resources: [Worst], seed: 3, chunkRows: 64 });
  for (let i = 0; i < 77; i++) {
    made.spawn(
      [Place, { x: Math.fround(i * 0.07 - 2), y: Math.fround(i * 0.11 - 1) }],
      [
        State,
        { heat: ((i * 31) % 77) / 76, mood: Math.floor(i / 20) % 3, n: (i * 7919) % 1000, m: (i * 104_729) % 300 },
      ],
    );
  }
  return made;
}

/**
 * Runs a kernel some times on three worlds alike: compiled, prepared, and interpreted, which is right. Expects all to have the same
 * bits; gives the last two.
 */
function expectAgreement(
  made: Kernel,
  world: () => World,
  { turns = 1, ...uniforms }: { readonly turns?: number; readonly limit?: number },
): readonly [prepared: World, expected: World] {
  const [plain, prepared, expected] = [world(), world(), world()];
  made.prepare(prepared);
  for (let turn = 0; turn < turns; turn++) {
    made.run(plain, uniforms as never, { interpreted: false });
    made.run(prepared, uniforms as never, { interpreted: false });
    made.run(expected, uniforms as never, { interpreted: true });
  }
  expect([plain.hash(), prepared.hash()], JSON.stringify(uniforms)).toEqual([expected.hash(), expected.hash()]);
  return [prepared, expected];
}

describe("what few rows need", () => {
  it.for([
    ["dear", dear],
    ["early", early],
    ["burn", burn],
  ] as const)("gives the same bits whether none, some or all rows need it: %s", ([, made]) => {
    for (const limit of [-1, 0.01, 0.5, 0.97, 2]) {
      const [prepared, expected] = expectAgreement(made as never, world, { limit, turns: 3 });
      expect([...prepared.events(Burn)]).toEqual([...expected.events(Burn)]);
    }
  });

  it.for([
    ["moods", moods],
    ["gcd", gcd],
  ] as const)("gives the same bits in chains of choices and in loops that end early: %s", ([, made]) => {
    const [, expected] = expectAgreement(made as never, world, {});
    expect(expected.hash()).not.toBe(world().hash());
  });

  it("is one branch of the code for all that a condition decides, where it is worth one", () => {
    const none = branchesOf(cheap);
    // Those of the reductions of large angles are in it.
    expect(branchesOf(dear).count - none.count).toBeGreaterThanOrEqual(1);
    expect(branchesOf(dear).depth).toBeGreaterThan(none.depth);
    // What is left where all rows have ended is passed over, every two steps or so.
    expect(branchesOf(gcd).count - none.count).toBeGreaterThan(7);
    expect(branchesOf(moods).depth).toBeGreaterThan(none.depth + 1);
  });
});

describe("neighbours that few rows visit", () => {
  const crowded = kernel("crowded", { write: [State], read: [Place], uniforms: { limit: f32 } }, (state, _place, k) => {
    if (state.mood === 1) return;
    if (state.heat < k.limit) {
      let near = 1;
      k.neighbours(0.4, (other) => {
        near += 1 / (1 + other.distanceSquared);
      });
      state.heat += near;
    }
    k.neighbours(0.2, () => {
      state.n++;
    });
  });

  it("are visited by those, and give the same bits for any number of them", () => {
    expect(crowded.explain().form).toMatch(/loop \d+ within 0\.4 where %\d+\n/);
    const hashes = new Set<string>();
    for (const limit of [-1, 0.05, 0.6, 2]) {
      const results = [false, true].map((interpreted) => {
        const made = world();
        const index = new SpatialIndex(made, { cell: 0.5, width: 20, height: 24, minX: -4, minY: -2 });
        index.build(made.query(Place), Place);
        if (!interpreted) crowded.prepare(made);
        crowded.run(made, { limit }, { index, interpreted });
        return made.hash();
      });
      expect(results[0], `limit ${limit}`).toBe(results[1]);
      hashes.add(results[0]!);
    }
    expect(hashes.size).toBe(4);
  });
});

describe("lookups that few rows make", () => {
  const Bond = component("Bond", { of: entity });
  const lean = kernel(
    "lean",
    { write: [Place], read: [Bond, State], uniforms: { limit: f32 } },
    (place, bond, state, k) => {
      if (state.heat < k.limit && k.has(bond.of, State)) {
        const other = k.at(bond.of, State);
        place.x += other.heat * other.n;
        place.y -= other.heat;
      }
    },
  );

  /** 3,000 entities that look at each other, some of them at nobody. */
  function bound() {
    const made = createWorld({ components: [Place, State, Bond], chunkRows: 1024 });
    const ids = made.spawnMany(
      3000,
      [Place, { x: (i) => i, y: (i) => -i }],
      [State, { heat: (i) => ((i * 31) % 97) / 97, n: (i) => i % 11 }],
      Bond,
    );
    for (const [i, id] of ids.entries()) if (i % 5 > 0) made.set(id, Bond, { of: ids[(i * 1117) % 3000]! });
    return made;
  }

  it("give the same bits for any number of them, before and after entities have locators", () => {
    const hashes = new Set<string>();
    for (const limit of [-1, 0.02, 0.5, 2]) {
      const [, expected] = expectAgreement(lean as never, bound, { limit, turns: 5 });
      hashes.add(expected.hash());
    }
    expect(hashes.size).toBe(4);
  });
});

describe("a kernel whose effects have NaN for some numbers", () => {
  const ratio = kernel("ratio", { write: [Place], uses: [Burn, Worst] }, (place, k) => {
    const heat = place.x / place.y;
    place.x += 1;
    k.max(Worst, "heat", heat);
    k.emit(Burn, { heat });
  });

  it("is prepared on such numbers, and refused in the world only", () => {
    const made = createWorld({ components: [Place, State], events: [Burn], resources: [Worst] });
    const entity = made.spawn([Place, { x: 1, y: 2 }]);
    ratio.prepare(made);
    ratio.run(made);
    expect([...made.events(Burn)]).toMatchObject([{ heat: 0.5 }]);
    made.set(entity, Place, { x: 0, y: 0 });
    const hash = made.hash();
    expect(() => ratio.run(made)).toThrow(expect.objectContaining({ code: "nan-forbidden" }));
    expect(made.hash()).toBe(hash);
  });
});
