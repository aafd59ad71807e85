import { badArgument, expectInstance, expectNumber, expectOptions, type Known } from "../../core/argument.ts";
import { WorldloomError } from "../../core/errors.ts";
import type { Component } from "../../ecs/component.ts";
import type { Query } from "../../ecs/query.ts";
import { type System, system } from "../../ecs/system.ts";
import { optional, type Term, write } from "../../ecs/term.ts";
import type { World } from "../../ecs/world.ts";
import { AnimArena } from "../arena.ts";
import { AnimAssets } from "../assets.ts";
import { SLOTS } from "../graph/definition.ts";
import { AnimationGraph } from "../graph/graph.ts";
import { Playback } from "../graph/playback.ts";
import { PoseBatch } from "../pose-batch.ts";
import { ROOT_MOTION, type RootMotionOptions } from "../root-motion.ts";
import { updateDue } from "../update-rate.ts";
import { AnimationEvent, AnimatorColumns, RootMoved } from "./animator.ts";
import { Bindings } from "./binding.ts";
import { CharacterPoses, type PoseFinish } from "./character-poses.ts";
import { EventTeller } from "./event-teller.ts";
import { type RootColumns, RootMover } from "./root-mover.ts";

/** What {@link animator} gives, whatever its parameters. */
export interface AnyAnimator {
  readonly graph: AnimationGraph;
  readonly component: Component;
}

export interface AnimationOptions {
  readonly arena: AnimArena;
  /** The models that columns name by their numbers. */
  readonly assets: AnimAssets;
  /** Seconds of a tick: time comes from ticks. */
  readonly tickSeconds: number;
  /** Emits {@link AnimationEvent} for events of clips; the world must know it. */
  readonly events?: boolean;
  /** Takes the movement of a joint out of all clips. Entities with {@link RootMoved}, which the world must know, are told it. */
  readonly rootMotion?: RootMotionOptions;
  /** Makes the matrices of skins, too. */
  readonly palettes?: boolean;
  readonly finish?: PoseFinish;
}

const KNOWN: Known<AnimationOptions> = {
  ...{ arena: true, assets: true, tickSeconds: true, events: true, rootMotion: true, palettes: true, finish: true },
};

/** Plays the graph of an animator on the entities of any number of worlds, and keeps their poses. */
export class Animation {
  readonly animator: AnyAnimator;
  readonly #options: AnimationOptions;
  readonly #bindings: Bindings;
  readonly #playback: Playback;
  readonly #columns: AnimatorColumns;
  readonly #batch: PoseBatch;
  readonly #teller = new EventTeller();
  readonly #mover = new RootMover();
  readonly #poses = new WeakMap<World, CharacterPoses>();
  readonly #live = new Set<CharacterPoses>();
  readonly #forgotten = new FinalizationRegistry<CharacterPoses>((poses) => this.#drop(poses));

  /** Throws `bad-argument`. */
  constructor(animator: AnyAnimator, options: AnimationOptions) {
    expectOptions(options, "options", KNOWN);
    const { arena, assets, tickSeconds, rootMotion, finish } = options;
    expectInstance(animator?.graph, AnimationGraph, "animator", "what animator() gives");
    expectInstance(arena, AnimArena, "options.arena", "an AnimArena");
    expectInstance(assets, AnimAssets, "options.assets", "AnimAssets");
    if (rootMotion !== undefined) expectOptions(rootMotion, "options.rootMotion", ROOT_MOTION);
    expectNumber(tickSeconds, "options.tickSeconds");
    if (finish !== undefined && typeof finish !== "function")
      throw badArgument("options.finish", finish, "a function of a batch and an entity");
    if (!(tickSeconds > 0 && tickSeconds < Infinity))
      throw new WorldloomError("bad-argument", `tickSeconds must be above 0, not ${tickSeconds}.`, { tickSeconds });
    this.animator = animator;
    this.#options = options;
    this.#bindings = new Bindings(animator.graph, arena, assets, rootMotion);
    this.#playback = new Playback(animator.graph);
    this.#columns = new AnimatorColumns(animator.graph);
    this.#batch = new PoseBatch(arena);
  }

  /**
   * Two systems: `<name>Playback` goes on in time, takes transitions, emits events and tells how roots moved; `<name>Poses` then makes
   * poses, and writes nothing of the world.
   */
  systems(): readonly System[] {
    const { component, graph } = this.animator;
    const { events = false, rootMotion } = this.#options;
    const terms: readonly Term[] = rootMotion ? [write(component), optional(write(RootMoved))] : [write(component)];
    const playback = system(`${graph.name}Playback`, {
      query: terms,
      emits: events ? [AnimationEvent] : [],
      doc: `Goes on in graph ${graph.name}.`,
      run: ({ world, query, tick }) => this.#play(world, query, tick),
    });
    const poses = system(`${graph.name}Poses`, {
      query: [component] as readonly Term[],
      after: [playback.name],
      doc: `Poses of graph ${graph.name}, outside of the world.`,
      run: ({ world, query }) => this.#pose(world, query),
    });
    return [playback, poses];
  }

  /** The poses of a world as its last tick left them. */
  poses(world: World): CharacterPoses {
    let poses = this.#poses.get(world);
    if (poses === undefined) {
      const { palettes = false, finish } = this.#options;
      poses = new CharacterPoses(this.#bindings, this.#batch, { palettes, finish });
      this.#poses.set(world, poses);
      this.#live.add(poses);
      this.#forgotten.register(world, poses);
    }
    return poses;
  }

  /** Makes the poses of a world that fit its columns as they are now: after a restore, before the next tick. */
  refresh(world: World): CharacterPoses {
    this.#pose(world, world.query(this.animator.component) as unknown as Query<readonly Term[]>);
    return this.poses(world);
  }

  /** Gives all memory back but that of the assets. */
  dispose(): void {
    for (const poses of this.#live) poses.dispose();
    this.#live.clear();
    this.#bindings.dispose();
    this.#batch.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #play(world: World, query: Query<readonly Term[]>, tick: number): void {
    const { graph, component } = this.animator;
    const { tickSeconds, events = false, rootMotion } = this.#options;
    const columns = this.#columns;
    const playback = this.#playback;
    const { plays } = playback;
    for (const chunk of query.chunks()) {
      const { count, entities, [component.key]: own, rootMoved } = chunk as unknown as AnimatorChunk;
      columns.take(own);
      for (let row = 0; row < count; row++) {
        if (rootMoved !== undefined) this.#mover.rest(rootMoved, row);
        const every = columns.everyTicks[row]!;
        const fresh = columns.state[row * graph.layers.length * SLOTS] === 0;
        if (!fresh && (every === 0 || !updateDue(entities[row]!, tick, every))) continue;
        const binding = this.#bindings.of(columns.model[row]!);
        const ticks = tick - columns.updatedTick[row]!;
        // Below 0 where a column says that it was updated in ticks to come.
        const dt = fresh || ticks < 0 ? 0 : tickSeconds * ticks;
        columns.updatedTick[row] = tick;
        for (let layer = 0; layer < graph.layers.length; layer++) {
          playback.advance(columns, row, layer, dt, columns.playRate[row]!, binding.durations);
          if (events) this.#teller.tell(world, entities[row]!, graph.layers[layer]!, plays, binding, layer);
          if (rootMoved !== undefined && layer === 0 && rootMotion !== undefined)
            this.#mover.move(rootMoved, row, graph.layers[0]!, plays, binding);
          playback.follow(columns, row, layer, binding.durations);
        }
      }
    }
  }

  #pose(world: World, query: Query<readonly Term[]>): void {
    const { key } = this.animator.component;
    const poses = this.poses(world);
    const columns = this.#columns;
    poses.begin(query.count, query.core.entities.indexMask);
    for (const chunk of query.chunks() as Iterable<unknown>) {
      const { count, entities, [key]: own } = chunk as AnimatorChunk;
      columns.take(own);
      poses.place(entities, count, columns);
    }
    for (const chunk of query.chunks() as Iterable<unknown>) {
      const { count, entities, [key]: own } = chunk as AnimatorChunk;
      columns.take(own);
      poses.pose(entities, count, columns);
    }
    poses.end();
  }

  #drop(poses: CharacterPoses): void {
    poses.dispose();
    this.#live.delete(poses);
  }
}

/** What a chunk hands out: the columns of the animator are under its own name. */
interface AnimatorChunk {
  readonly count: number;
  readonly entities: ArrayLike<number>;
  readonly rootMoved?: RootColumns;
  readonly [key: string]: unknown;
}
