import { expect, test } from "vitest";
import { type Commands, type Entity, record, replay, type System, simulate, type World } from "../../src/index.ts";
import { Child, Died, Position, Tired, Weather } from "./bodies.ts";
import { Bytes } from "./moving.ts";
import { Draws } from "./random-outside.ts";
import { Likes, randomSchedule } from "./random-schedule.ts";

const SEEDS = 5;
const TICKS = 9;

type Alter = (commands: Commands, world: World, ids: readonly Entity[]) => void;

/** What a system does besides in one tick of the replay, and what is then said to differ. */
const kinds: readonly [string, Alter, object | undefined][] = [
  [
    "a value",
    (commands, _, ids) => commands.set(ids[3]!, Position, { x: 12_345 }),
    { component: "Position", field: "x" },
  ],
  ["an entity more", (commands) => void commands.spawn(Position), { recorded: undefined }],
  ["an entity less", (commands, _, ids) => commands.despawn(ids[3]!), undefined],
  ["an event", (commands) => commands.emit(Died, { at: 7 }), { component: "Died", entity: 0 }],
  [
    "a resource",
    (commands) => commands.setResource(Weather, { wind: 77 }),
    { component: "Weather", field: "wind", replayed: 77 },
  ],
  ["a pair", (commands, _, ids) => commands.relate(ids[2]!, Likes, ids[3]!), { component: "Likes" }],
  ["a text", (commands, _, ids) => commands.add(ids[1]!, Child, { name: "odd" }), { component: "Child" }],
  [
    "a tag",
    (commands, world, ids) =>
      world.has(ids[4]!, Tired) ? commands.remove(ids[4]!, Tired) : commands.add(ids[4]!, Tired),
    { component: "Tired" },
  ],
  [
    "the order of rows",
    (commands, world, ids) => {
      const was = world.get(ids[0]!, Position)!;
      commands.remove(ids[0]!, Position);
      commands.add(ids[0]!, Position, was);
    },
    undefined,
  ],
];

/** A system on the main thread, with commands, that runs in every tick. */
function mayAlter({ name, query = [], module, every, when, run }: System): boolean {
  const plain = module === undefined && (every ?? 1) === 1 && when === undefined;
  return plain && query.length > 0 && name !== "toll" && /\bcommands\b/.test(run.toString());
}

for (let seed = 3; seed < 3 + SEEDS; seed++)
  test.each(kinds)(`a replay that parts by %s names tick and system, seed ${seed}`, async (_, alter, first) => {
    const draws = new Draws(seed, 7000);
    const at = 2 + draws.below(TICKS - 2);
    const recordings = await Promise.all(
      [true, false].map(async (fine) => {
        const { world, systems } = randomSchedule(seed);
        await using simulation = await simulate(world, systems);
        const bytes = new Bytes();
        const recorder = record(simulation, bytes, { hashEvery: 1, fine });
        for (let tick = 0; tick < TICKS; tick++) simulation.step();
        recorder.close();
        world.dispose();
        return bytes.all;
      }),
    );
    for (const [r, bytes] of recordings.entries()) {
      const { world, systems } = randomSchedule(seed);
      const able = systems.filter(mayAlter);
      const culprit = able[seed % able.length]!;
      let altered = false;
      const changed: System = {
        ...culprit,
        run: (context) => {
          culprit.run(context);
          const ids = [...context.query.entities()];
          if (context.tick !== at || ids.length < 6) return;
          altered = true;
          alter(context.commands, context.world, ids);
        },
      };
      const others = systems.map((system) => (system === culprit ? changed : system));
      const { difference } = await replay(bytes, () => simulate(world, others), { verify: true, force: true });
      world.dispose();
      if (!altered) {
        expect(difference).toBeUndefined();
        continue;
      }
      expect(difference).toMatchObject({ from: at, to: at, between: false });
      if (r > 0) continue;
      expect(difference!.systems).toContain(culprit.name);
      if (first !== undefined) expect(difference!.first).toMatchObject(first);
    }
  });
