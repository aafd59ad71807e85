import { WorldloomError } from "../../core/errors.ts";
import type { Entity } from "../../ecs/entities.ts";
import type { Memory } from "../../native/memory.ts";
import { SLOTS } from "../graph/definition.ts";
import { Playback } from "../graph/playback.ts";
import { ModelPoses, Palettes } from "../matrices.ts";
import type { PoseBatch } from "../pose-batch.ts";
import type { Skeleton } from "../skeleton.ts";
import type { Skin } from "../skin.ts";
import type { AnimatorColumns } from "./animator.ts";
import type { Binding, Bindings } from "./binding.ts";

/** Says what is to be done to the pose of an entity after its layers: {@link PoseBatch.twoBone}, {@link PoseBatch.lookAt}. */
export type PoseFinish = (batch: PoseBatch, entity: Entity) => void;

export interface CharacterPosesOptions {
  /** Whether the matrices of skins are made, too. */
  readonly palettes: boolean;
  /** Poses that are finished so are made anew in each tick. */
  readonly finish: PoseFinish | undefined;
}

/** Numbers of a slot that its pose was made of, besides its layers: the version of the assets, and the model. */
const HEAD_INPUTS = 2;
/** For each state that plays: state, time, fade, place x and y. */
const SLOT_INPUTS = 5;

/**
 * The poses of the entities of one world, outside of it: derived. Each is a function of columns of its entity, and is kept with the numbers that it
 * was made of. So it is made again exactly where these have changed: by an update, a restore, a fork that went another way.
 */
export class CharacterPoses {
  readonly #bindings: Bindings;
  readonly #options: CharacterPosesOptions;
  readonly #playback: Playback;
  readonly #batch: PoseBatch;
  readonly #inputsEach: number;
  readonly #pools = new Map<Skeleton, Pool>();
  /** Numbers of slots by index of the entity, plus 1. */
  #slotOf = new Int32Array(64);
  #slots: (Slot | undefined)[] = [];
  readonly #freeSlots: number[] = [];
  #inputs = new Float64Array(0);
  readonly #now: Float64Array;
  /** Columns at hand and the rows whose poses are to be made, chunk after chunk. */
  #mask = 0;
  #run = 0;
  /** Whether an update has begun and not ended: it failed, and numbers may have been kept whose poses were not made. */
  #open = false;
  /** Poses that were made in the last update. */
  made = 0;

  constructor(bindings: Bindings, batch: PoseBatch, options: CharacterPosesOptions) {
    const { layers } = bindings.graph;
    this.#bindings = bindings;
    this.#options = options;
    this.#playback = new Playback(bindings.graph);
    this.#batch = batch;
    this.#inputsEach = HEAD_INPUTS + layers.length * (SLOTS * SLOT_INPUTS + 1);
    this.#now = new Float64Array(this.#inputsEach);
  }

  /** Where {@link offset} points into. */
  get memory(): Memory {
    return this.#batch.arena.memory;
  }

  /** How many entities have a pose. */
  get count(): number {
    return this.#slots.length - this.#freeSlots.length;
  }

  /** The model matrices of an entity, `joints x 12`: a view that is valid until the next update. Throws `anim-asset` if it has no pose. */
  matrices(entity: Entity): Float32Array {
    const { pool, place } = this.#slot(entity);
    return pool.models.view(place);
  }

  /** Byte offset of {@link matrices} in the memory of the arena. */
  offset(entity: Entity): number {
    const { pool, place } = this.#slot(entity);
    return pool.models.offset(place);
  }

  /** The palette of one of the skins of its model. Throws `anim-asset`, also where palettes are not made. */
  palette(entity: Entity, skin: Skin): Float32Array {
    const { pool, place } = this.#slot(entity);
    const found = pool.palettes.find((one) => one.skin === skin);
    if (found !== undefined) return found.view(place);
    throw new WorldloomError(
      "anim-asset",
      `No palettes of "${skin.name}" are made; ask for them with palettes: true.`,
      {
        skin: skin.name,
      },
    );
  }

  skeleton(entity: Entity): Skeleton {
    return this.#slot(entity).binding.skeleton;
  }

  /** The model matrices of all entities with a skeleton. Throws `anim-asset` where none has it. */
  models(skeleton: Skeleton): ModelPoses {
    const pool = this.#pools.get(skeleton);
    if (pool !== undefined) return pool.models;
    throw new WorldloomError("anim-asset", `No entity has a pose of skeleton "${skeleton.name}".`, {
      skeleton: skeleton.name,
    });
  }

  /** Which character of {@link models} an entity is. It keeps its number while it has a pose. Throws `anim-asset`. */
  character(entity: Entity): number {
    return this.#slot(entity).place;
  }

  has(entity: Entity): boolean {
    const slot = this.#slotOf[entity & this.#mask] ?? 0;
    return slot > 0 && this.#slots[slot - 1]?.entity === entity;
  }

  /** Begins an update over at most `count` entities, whose indices are `mask` wide. */
  begin(count: number, mask: number): void {
    if (this.#open) this.#inputs.fill(Number.NaN);
    this.#open = true;
    this.#mask = mask;
    this.#run++;
    this.made = 0;
    for (const pool of this.#pools.values()) if (!pool.models.skeleton.disposed) pool.reserve(count);
    this.#batch.begin();
  }

  /** Gives the entities of a chunk their places. All chunks, before {@link pose} of the first. */
  place(entities: ArrayLike<number>, count: number, { model }: AnimatorColumns): void {
    for (let i = 0; i < count; i++) {
      const entity = entities[i]!;
      const index = entity & this.#mask;
      const number = this.#slotOf[index] ?? 0;
      let slot = number > 0 ? this.#slots[number - 1] : undefined;
      const binding = this.#bindings.of(model[i]!);
      if (slot !== undefined && (slot.entity !== entity || slot.binding !== binding)) {
        this.#free(number - 1, slot);
        slot = undefined;
      }
      slot ??= this.#take(entity, index, binding);
      slot.run = this.#run;
    }
  }

  /** Makes the poses of a chunk that are not made of the same numbers already. */
  pose(entities: ArrayLike<number>, count: number, columns: AnimatorColumns): void {
    const { layers } = this.#bindings.graph;
    const inputs = this.#now;
    for (let row = 0; row < count; row++) {
      const entity = entities[row]!;
      const number = this.#slotOf[entity & this.#mask]! - 1;
      const slot = this.#slots[number]!;
      let at = HEAD_INPUTS;
      inputs[0] = this.#bindings.assets.version;
      inputs[1] = columns.model[row]!;
      for (let layer = 0, k = row * layers.length * SLOTS; layer < layers.length; layer++) {
        const { weightParameter, weight } = layers[layer]!;
        inputs[at++] = weightParameter < 0 ? weight : columns.parameters[weightParameter]![row]!;
        for (let s = 0; s < SLOTS; s++, k++) {
          inputs[at++] = columns.state[k]!;
          inputs[at++] = columns.time[k]!;
          inputs[at++] = columns.fade[k]!;
          inputs[at++] = columns.place[k * 2]!;
          inputs[at++] = columns.place[k * 2 + 1]!;
        }
      }
      if (!this.#changed(number * this.#inputsEach) && this.#options.finish === undefined) continue;
      this.#write(slot, row, columns);
    }
  }

  /** Computes what was written, and lets go of entities that were not placed. */
  end(): void {
    this.made = this.#batch.run();
    for (let i = 0; i < this.#slots.length; i++) {
      const slot = this.#slots[i];
      if (slot !== undefined && slot.run !== this.#run) this.#free(i, slot);
    }
    this.#open = false;
    for (const [skeleton, pool] of this.#pools) {
      if (!skeleton.disposed || pool.used > 0) continue;
      pool.dispose();
      this.#pools.delete(skeleton);
    }
  }

  dispose(): void {
    for (const pool of this.#pools.values()) pool.dispose();
    this.#pools.clear();
    this.#slots = [];
    this.#freeSlots.length = 0;
    this.#slotOf.fill(0);
  }

  /** Keeps the numbers at hand; whether they differ from those that were kept. */
  #changed(base: number): boolean {
    const [inputs, kept] = [this.#now, this.#inputs];
    let changed = false;
    for (let i = 0; i < inputs.length; i++) {
      if (kept[base + i] === inputs[i]) continue;
      kept[base + i] = inputs[i]!;
      changed = true;
    }
    return changed;
  }

  #write({ binding, entity, pool, place }: Slot, row: number, columns: AnimatorColumns): void {
    const { layers } = this.#bindings.graph;
    const batch = this.#batch;
    batch.characterAt(binding.skeleton, NOWHERE, pool.models.offset(place));
    for (let p = 0; p < pool.palettes.length; p++) batch.palette(pool.palettes[p]!, place);
    for (let layer = 0; layer < layers.length; layer++) {
      const { additive, states, weightParameter, weight } = layers[layer]!;
      const plays = this.#playback.collect(columns, row, layer, binding.durations);
      if (plays.count === 0) continue;
      const share = plays.share * (weightParameter < 0 ? weight : columns.parameters[weightParameter]![row]!);
      batch.layer(additive ? "additive" : "override", share > 0 ? (share < 1 ? share : 1) : 0, binding.masks[layer]);
      const clips = binding.clips[layer]!;
      for (let i = 0; i < plays.count; i++) {
        const { wrap } = states[plays.state[i]!]!;
        batch.clip(clips[plays.clip[i]!]!, plays.time[i]!, plays.weight[i]!, wrap);
      }
    }
    this.#options.finish?.(batch, entity);
  }

  #take(entity: Entity, index: number, binding: Binding): Slot {
    let pool = this.#pools.get(binding.skeleton);
    if (pool === undefined) {
      pool = new Pool(binding.skeleton, this.#options.palettes ? binding.skins : []);
      this.#pools.set(binding.skeleton, pool);
    }
    const slot: Slot = { entity, binding, pool, place: pool.take(), run: this.#run };
    const number = this.#freeSlots.pop() ?? this.#slots.length;
    this.#slots[number] = slot;
    if (index >= this.#slotOf.length) this.#slotOf = grown(this.#slotOf, index + 1, Int32Array);
    this.#slotOf[index] = number + 1;
    const inputs = (number + 1) * this.#inputsEach;
    if (inputs > this.#inputs.length) this.#inputs = grown(this.#inputs, inputs, Float64Array);
    this.#inputs.fill(Number.NaN, number * this.#inputsEach, inputs);
    return slot;
  }

  #free(number: number, slot: Slot): void {
    slot.pool.free.push(slot.place);
    this.#slots[number] = undefined;
    this.#freeSlots.push(number);
    const index = slot.entity & this.#mask;
    if (this.#slotOf[index] === number + 1) this.#slotOf[index] = 0;
  }

  #slot(entity: Entity): Slot {
    if (this.has(entity)) return this.#slots[this.#slotOf[entity & this.#mask]! - 1]!;
    throw new WorldloomError(
      "anim-asset",
      `Entity ${entity} has no pose: give it the component of the graph, and run the systems of the animation.`,
      { entity },
    );
  }
}

/** What the job takes for "nowhere". */
const NOWHERE = 0xffff_ffff;

interface Slot {
  readonly entity: Entity;
  readonly binding: Binding;
  readonly pool: Pool;
  readonly place: number;
  /** The update in which it was seen last. */
  run: number;
}

/** Matrices of all entities with one skeleton. */
class Pool {
  readonly models: ModelPoses;
  readonly palettes: readonly Palettes[];
  readonly free: number[] = [];
  #used = 0;

  constructor(skeleton: Skeleton, skins: readonly Skin[]) {
    this.models = new ModelPoses(skeleton, 16);
    this.palettes = skins.map((skin) => new Palettes(skin, 16));
  }

  /** Places that are taken. */
  get used(): number {
    return this.#used - this.free.length;
  }

  take(): number {
    const place = this.free.pop() ?? this.#used++;
    this.reserve(place + 1);
    return place;
  }

  reserve(count: number): void {
    this.models.reserve(count);
    for (const one of this.palettes) one.reserve(count);
  }

  dispose(): void {
    this.models.dispose();
    for (const one of this.palettes) one.dispose();
  }
}

function grown<A extends Int32Array<ArrayBuffer> | Float64Array<ArrayBuffer>>(
  array: A,
  least: number,
  type: new (length: number) => A,
): A {
  const larger = new type(Math.max(least, array.length * 2));
  larger.set(array);
  return larger;
}
