import { expect, test } from "vitest";
import {
  array,
  bool,
  component,
  createWorld,
  type Entity,
  entity,
  event,
  f32,
  f64,
  i8,
  i16,
  i32,
  kernel,
  schedule,
  simulate,
  str,
  system,
  u8,
  u16,
  u32,
  vec2,
  vec3,
  vec4,
  type World,
  without,
  write,
} from "../../src/index.ts";
import { refusal } from "../ecs/refusal.ts";

/** Fields of each kind, by each way that a kernel has to them: one gives what was in the other. */
const schema = {
  ...{ a: f32, b: f64, c: i8, d: i16, e: i32, f: u8, g: u16, h: u32, on: bool, who: entity, word: str },
  ...{ v: vec3(f32), w: vec2(i16), q: vec4(f64) },
  ...{ list: array(u16, 3), names: array(str, 2), flags: array(bool, 2), friends: array(entity, 2) },
};
const From = component("From", schema);
const To = component("To", schema);
const Told = event("Told", schema);

function make(): { world: World; ids: readonly Entity[] } {
  const world = createWorld({ components: [From, To], events: [Told], chunkRows: 32 });
  const ids: Entity[] = [];
  for (let i = 0; i < 70; i++) {
    const numbers = { a: i / 4, b: i / 7, c: i - 30, d: i * 100 - 3000, e: i * 1e6, f: i, g: i * 900, h: i * 6e7 };
    const others = { on: i % 2 === 0, who: ids[i >> 1] ?? 0, word: `w${i % 5}` };
    const vectors = { v: { x: i, y: i * 2, z: -i }, w: { x: i, y: -i }, q: { x: i / 3, w: 1 / (i + 1) } };
    const lists = { list: [i, i + 1, i + 2], names: [`n${i % 3}`, `m${i % 4}`], flags: [i % 3 === 0, i % 5 > 1] };
    const friends = [ids[i - 1] ?? 0, ids[0] ?? 0];
    ids.push(world.spawn(To, [From, { ...numbers, ...others, ...vectors, ...lists, friends }]));
  }
  return { world, ids };
}

/** The source of a function that sets all fields of `to` to those of `from`. */
const assignments = To.columns
  .flatMap(({ path, field, lanes }) =>
    To.schema[field as keyof typeof schema].shape === "array"
      ? Array.from({ length: lanes }, (_, i) => `${path}[${i}]`)
      : [path],
  )
  .map((at) => `to.${at} = from.${at};`)
  .join("\n");
const rowFunction = (source: string) => new Function(`return ${source}`)();

const copy = kernel("copy", { write: [To], read: [From] }, rowFunction(`(to, from) => { ${assignments} }`));
const gather = kernel(
  "gather",
  { write: [To], read: [From] },
  rowFunction(`(to, own, k) => { const from = k.at(own.who, From); ${assignments} }`),
);

const tell = kernel("tell", { read: [From], uses: [Told] }, (from, k) => {
  k.emit(Told, {
    a: from.a,
    b: from.b,
    c: from.c,
    d: from.d,
    e: from.e,
    f: from.f,
    g: from.g,
    h: from.h,
    on: from.on,
    who: from.who,
    word: from.word,
    v: { x: from.v.x, y: from.v.y, z: from.v.z },
    w: { x: from.w.x, y: from.w.y },
    q: { x: from.q.x, w: from.q.w },
    list: [from.list[0]!, from.list[1]!, from.list[2]!],
    names: [from.names[0]!, from.names[1]!],
    flags: [from.flags[0]!, from.flags[1]!],
    friends: [from.friends[0]!, from.friends[1]!],
  });
});

for (const interpreted of [false, true]) {
  const how = interpreted ? "interpreted" : "compiled";

  test(`a ${how} kernel copies fields of each kind`, () => {
    const { world, ids } = make();
    copy.run(world, {}, { interpreted });
    for (const id of ids) expect(world.get(id, To)).toEqual(world.get(id, From));
  });

  test(`a ${how} kernel gathers fields of each kind`, () => {
    const { world, ids } = make();
    const nothing = world.get(ids[0]!, To);
    gather.run(world, {}, { interpreted });
    for (const id of ids) {
      const { who } = world.get(id, From)!;
      expect(world.get(id, To)).toEqual(who === 0 ? nothing : world.get(who, From));
    }
  });

  test(`a ${how} kernel emits fields of each kind`, () => {
    const { world, ids } = make();
    tell.run(world, {}, { interpreted });
    expect(world.events(Told)).toEqual(ids.map((id) => ({ ...world.get(id, From), tick: 0 })));
  });
}

test("what a kernel reads of its rows, it may look up of others, and a schedule knows", async () => {
  const Mark = component("Mark");
  const follow = kernel("follow", { write: [To], read: [From, Mark] }, (to, from, _, k) => {
    to.a = k.at(from.who, From).a;
    if (k.has(from.who, From)) k.removeTag(Mark);
  });
  const world = createWorld({ components: [From, To, Mark], checked: true });
  const first = world.spawn(To, [From, { a: 3 }], Mark);
  const second = world.spawn(To, [From, { who: first }], Mark);
  const others = system("others", {
    query: [write(From), without(Mark)],
    after: ["follow"],
    run: ({ query }) => {
      for (const { from, count } of query.chunks()) for (let i = 0; i < count; i++) from.a[i]! += 1;
    },
  });
  follow.prepare(world);
  await using simulation = await simulate(world, [follow.system(), others]);
  expect(simulation.schedule.edges.map(({ from, to }) => [from.name, to.name])).toEqual([["follow", "others"]]);
  simulation.step();
  expect([world.get(second, To)?.a, world.has(first, Mark), world.has(second, Mark)]).toEqual([3, true, false]);
  const unordered = { ...others, after: [] };
  expect(refusal(() => schedule({ systems: [follow.system(), unordered] })).code).toBe("schedule-ambiguous");
});
