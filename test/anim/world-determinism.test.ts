import { expect, it } from "vitest";
import {
  AnimArena,
  AnimAssets,
  Animation,
  AnimationEvent,
  animator,
  RootMoved,
  Socket,
  socketSystem,
  updateEvery,
} from "../../src/anim.ts";
import { ChildOf, createWorld, system, Transform, write } from "../../src/index.ts";
import type { Jobs } from "../../src/native/jobs.ts";
import { referenceJobs } from "../../src/native/reference/index.ts";
import { addon } from "../native/both.ts";
import { limbModel } from "./stage.ts";

const TICKS = 300;
const CROWD = 200;

const Walker = animator({
  name: "Walker",
  parameters: { side: "number", ahead: "number", wave: "trigger", strength: { kind: "number", default: 0.7 } },
  layers: [
    {
      name: "body",
      states: {
        stand: { clip: "idle" },
        go: {
          blend2d: {
            parameters: ["side", "ahead"],
            points: [
              { at: [0, 0], clip: "idle" },
              { at: [0, 1], clip: "walk" },
              { at: [1, 0.5], clip: "sway" },
              { at: [-1, 0.5], clip: "wave" },
            ],
            damping: 0.3,
          },
        },
      },
      transitions: [
        { from: "stand", to: "go", when: [{ parameter: "ahead", above: 0.2 }], sync: true },
        { from: "go", to: "stand", when: [{ parameter: "ahead", below: 0.1 }], fade: 0.4 },
      ],
    },
    {
      name: "arms",
      mode: "additive",
      weight: "strength",
      joints: ["arm"],
      states: { rest: { empty: true }, wave: { clip: "wave", wrap: "ping-pong" } },
      transitions: [
        { from: "rest", to: "wave", when: [{ parameter: "wave" }] },
        { from: "wave", to: "rest", after: 1, fade: 0.3 },
      ],
    },
  ],
});

/** A quaternion about y or z, not of length 1 and not even. */
const bent = (set: (joint: number, row: number, value: number) => void, joint: number, row: number, x: number) => {
  set(joint, row, x);
  set(joint, 6, 1 - x * x * 0.4);
};

/** What a run came to at each tick: the hash of the world, and one of the bytes of all poses. */
function run(jobs: Jobs): { readonly hashes: readonly string[]; readonly events: number } {
  const arena = new AnimArena({ jobs });
  const assets = new AnimAssets();
  const model = assets.add(
    "limb",
    limbModel(arena, [
      { name: "idle", frames: 21, pose: (frame, set) => bent(set, 1, 5, ((frame % 20) - 10) / 50) },
      {
        name: "walk",
        frames: 11,
        events: [
          { time: 0.2, name: "left" },
          { time: 0.7, name: "right" },
        ],
        pose: (frame, set) => {
          set(0, 2, frame / 7);
          bent(set, 2, 4, Math.abs(5 - frame) / 9);
        },
      },
      { name: "sway", frames: 8, rate: 7, pose: (frame, set) => bent(set, 1, 3, (frame * (7 - frame)) / 31) },
      { name: "wave", frames: 16, rate: 13, pose: (frame, set) => bent(set, 3, 5, ((frame * 5) % 16) / 23) },
    ]),
  );
  const animation = new Animation(Walker, {
    arena,
    assets,
    tickSeconds: 1 / 30,
    events: true,
    rootMotion: { joint: "root" },
    finish: (batch, entity) => {
      if (entity % 3 === 0) batch.lookAt({ joint: "hand", target: [entity % 5, 1, 2], cosineMost: 0.4, weight: 0.8 });
      if (entity % 4 === 0)
        batch.twoBone({ upper: "spine", middle: "arm", end: "hand", target: [0.2, 1.5, 0.1], weight: 0.5 });
    },
  });
  let events = 0;
  const move = system("move", {
    query: [write(Walker.component), write(Transform), RootMoved],
    after: ["WalkerPlayback"],
    run: ({ query, tick, random }) => {
      for (const { count, entities, walker, transform, rootMoved } of query.chunks()) {
        for (let i = 0; i < count; i++) {
          const { x, z } = transform.translation;
          x[i]! += rootMoved.translation.x[i]!;
          z[i]! += rootMoved.translation.z[i]!;
          walker.everyTicks[i] = updateEvery(z[i]!, { near: 4 });
          if ((tick + entities[i]!) % 23 !== 0) continue;
          walker.side[i] = random(entities[i]!) * 3 - 1.5;
          walker.ahead[i] = random(entities[i]!) * 1.4;
          walker.wave[i] = random(entities[i]!) < 0.4 ? 1 : 0;
          walker.playRate[i] = random(entities[i]!) * 3 - 1;
        }
      }
    },
  });
  const churn = system("churn", {
    query: [Walker.component],
    after: ["move"],
    run: ({ query, commands, tick }) => {
      if (tick % 5 !== 0) return;
      let n = 0;
      for (const { count, entities } of query.chunks()) {
        for (let i = 0; i < count; i++) {
          if ((entities[i]! * 7 + tick) % 41 !== 0 || n++ > 8) continue;
          commands.despawn(entities[i]!);
          commands.spawn([Walker.component, { model, ahead: 1 }], RootMoved, Transform);
        }
      }
    },
  });
  const world = createWorld({
    components: [Walker.component, RootMoved, Transform, ChildOf, Socket],
    events: [AnimationEvent],
    seed: 5,
    // Looked at a million times, columns that are checked take most of the time.
    checked: false,
  });
  const crowd = world.spawnMany(
    CROWD,
    [Walker.component, { model, ahead: (i) => (i % 4) / 3, side: (i) => (i % 7) / 3 - 1 }],
    RootMoved,
    Transform,
  );
  for (const entity of [...crowd].slice(0, 40))
    world.spawn([Socket, { joint: 3 }], [ChildOf, { target: entity }], Transform);
  const systems = [...animation.systems(), move, churn, socketSystem(animation)];
  const walkers = world.query(Walker.component);
  const hashes: string[] = [];
  for (let tick = 0; tick < TICKS; tick++) {
    world.step(systems);
    events += world.events(AnimationEvent).length;
    // The poses of those that the tick spawned come with the next.
    const poses = animation.poses(world);
    let digest = 0x811c9dc5;
    for (const entity of walkers.entities()) {
      if (!poses.has(entity)) continue;
      const matrices = poses.matrices(entity);
      const words = new Uint32Array(matrices.buffer, matrices.byteOffset, matrices.length);
      for (let i = 0; i < words.length; i++) digest = Math.imul(digest ^ words[i]!, 0x01000193);
    }
    hashes.push(`${world.hash()} ${(digest >>> 0).toString(16)}`);
  }
  world.dispose();
  animation.dispose();
  assets.dispose();
  expect(arena.live).toBe(0);
  return { hashes, events };
}

it("300 ticks of a crowd come out the same on all jobs and numbers of threads", () => {
  const expected = run(referenceJobs);
  expect(expected.events).toBeGreaterThan(100);
  expect(new Set(expected.hashes).size).toBe(TICKS);
  if (addon === undefined) return;
  for (const threads of [1, 3]) {
    addon.threads(threads);
    expect(run(addon)).toEqual(expected);
  }
  addon.threads(1);
});
