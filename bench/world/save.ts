import { addComponent, addEntity, createWorld as createBitecs, query } from "bitecs";
import {
  createSnapshotDeserializer,
  createSnapshotSerializer,
  createSoADeserializer,
  createSoASerializer,
} from "bitecs/serialization";
import { component, createWorld, f32, loadWorld } from "../../src/index.ts";
import type { Side } from "../pairs.ts";
import { atLeast, type Workload } from "../workload.ts";

const COUNT = 10_000;
const Position = component("Position", { x: f32, y: f32, z: f32 });
const Velocity = component("Velocity", { x: f32, y: f32, z: f32 });
const AXES = ["x", "y", "z"] as const;

/** Field number `c` of entity `i`: small integers, so that sums are exact. */
function fieldOf(i: number, c: number): number {
  return (i * 3 + c * 7) % 251;
}

function column(c: number): Float32Array {
  return Float32Array.from({ length: COUNT }, (_, i) => fieldOf(i, c));
}

/** The portable file of a world; the check loads it. */
function ours(): Side {
  const components = [Position, Velocity];
  const world = createWorld({ components });
  world.spawnMany(
    COUNT,
    [Position, { x: column(0), y: column(1), z: column(2) }],
    [Velocity, { x: column(3), y: column(4), z: column(5) }],
  );
  let file: Uint8Array | undefined;
  return {
    run() {
      file = world.save();
      return COUNT;
    },
    checksum() {
      const loaded = loadWorld(file!, { components });
      let sum = 0;
      for (const { count, position, velocity } of loaded.query(Position, Velocity).chunks()) {
        for (let i = 0; i < count; i++) {
          AXES.forEach((axis, c) => {
            sum += (c + 1) * position[axis][i]! + (c + 4) * velocity[axis][i]!;
          });
        }
      }
      const same = loaded.hash() === world.hash();
      loaded.dispose();
      return same ? sum : Number.NaN;
    },
  };
}

/** Typed arrays indexed by entity for the six fields, with what reads a packet into a world of its own. */
interface Copy {
  readonly components: readonly Axes[];
  readonly ids: ArrayLike<number>;
}
type Axes = Record<(typeof AXES)[number], Float32Array>;

function totalOf({ components, ids }: Copy): number {
  let sum = 0;
  for (let i = 0; i < ids.length; i++) {
    components.forEach((one, k) => {
      AXES.forEach((axis, c) => {
        sum += (k * 3 + c + 1) * one[axis][ids[i]!]!;
      });
    });
  }
  return sum;
}

function packetSide(serialize: () => ArrayBuffer, read: (packet: ArrayBuffer) => Copy): Side {
  let packet: ArrayBuffer | undefined;
  return {
    run() {
      packet = serialize();
      return COUNT;
    },
    checksum: () => totalOf(read(packet!)),
  };
}

function makeBitecs() {
  const axes = (): Axes => ({
    x: new Float32Array(COUNT + 1),
    y: new Float32Array(COUNT + 1),
    z: new Float32Array(COUNT + 1),
  });
  return { world: createBitecs(), components: [axes(), axes()] };
}

/** A bitecs 0.4 world with the same entities. */
function filledBitecs() {
  const { world, components } = makeBitecs();
  for (let i = 0; i < COUNT; i++) {
    const id = addEntity(world);
    components.forEach((one, k) => {
      addComponent(world, id, one);
      AXES.forEach((axis, c) => {
        one[axis][id] = fieldOf(i, k * 3 + c);
      });
    });
  }
  return { world, components };
}

const peers: Readonly<Record<string, () => Side>> = {
  /** Entities, components and values. */
  "bitecs 0.4 snapshot serializer"() {
    const { world, components } = filledBitecs();
    return packetSide(createSnapshotSerializer(world, components), (packet) => {
      const copy = makeBitecs();
      createSnapshotDeserializer(copy.world, copy.components)(packet);
      return { components: copy.components, ids: query(copy.world, copy.components) };
    });
  },

  /** Values alone: it does not know which entities have which components. */
  "bitecs 0.4 SoA serializer"() {
    const { world, components } = filledBitecs();
    const serialize = createSoASerializer(components);
    return packetSide(
      () => serialize(query(world, components) as number[]),
      (packet) => {
        const copy = makeBitecs();
        createSoADeserializer(copy.components)(packet);
        return { components: copy.components, ids: query(world, components) };
      },
    );
  },
};

export const saveWorkloads: readonly Workload[] = [
  {
    name: "portable save of 10,000 entities with 6 fields",
    item: "entity",
    peers: Object.keys(peers),
    targets: { "bitecs 0.4 snapshot serializer": atLeast(5) },
    pair: async (peer) => ({ ours: ours(), peer: peers[peer]!(), work: COUNT }),
  },
];
