import {
  AnimArena,
  AnimAssets,
  Animation,
  animator,
  type CpuSkinner,
  createSkinner,
  emptyHit,
  type Hit,
  HitShapes,
  HitTargets,
  loadGltf,
  type Model,
} from "../../src/anim.ts";
import { component, f32, f64, type Query, resource, type System, system, type World, write } from "../../src/index.ts";
import type { Image } from "../../src/raster.ts";
import { figure } from "../anim/figure.ts";
import { CrowdPicture, type Stander } from "./crowd-picture.ts";
import type { CityMap } from "./map.ts";
import { type CityPart, type PartTypes, Position, Velocity } from "./simulation.ts";

/** How an agent moves: it stands, walks or runs by its speed, in cells of a metre, and waves when it was hit. */
export const Walker = animator({
  name: "Walker",
  parameters: { pace: "number", hit: "trigger" },
  layers: [
    {
      name: "legs",
      states: {
        stand: { clip: "idle" },
        go: {
          blend1d: {
            parameter: "pace",
            points: [
              { at: 1.4, clip: "walk" },
              { at: 3.6, clip: "run" },
            ],
            damping: 0.3,
          },
        },
      },
      transitions: [
        { from: "stand", to: "go", when: [{ parameter: "pace", above: 0.4 }], fade: 0.25 },
        { from: "go", to: "stand", when: [{ parameter: "pace", below: 0.2 }], fade: 0.25 },
      ],
    },
    {
      name: "arm",
      joints: ["LeftShoulder"],
      states: { rest: { empty: true }, wave: { clip: "wave", wrap: "clamp" } },
      transitions: [
        { from: "rest", to: "wave", when: [{ parameter: "hit" }], fade: 0.2 },
        { from: "wave", to: "rest", after: 1, fade: 0.3 },
      ],
    },
  ],
});

/** Where an agent looks: the direction in which it last went, of length 1. */
export const Heading = component("Heading", { x: f32, y: f32({ default: 1 }) });

/** Shots since the start, and what they hit. */
export const Shots = resource("Shots", { fired: f64, hits: f64, heads: f64 });

/** What a city with a crowd has besides. */
export const crowdTypes: PartTypes = { components: [Walker.component, Heading], resources: [Shots] };

/** Shots a tick, from how high, and how far they go, in cells of a metre. */
const SHOTS = 32;
const TOWER = 6;
const RANGE = 80;
/** Seconds a tick of the city. */
const TICK = 1 / 30;

/** The figures of a city: loads their model. */
export async function makeCrowd(map: CityMap): Promise<Crowd> {
  const arena = new AnimArena();
  const model = await loadGltf(figure(), { arena, name: "figure" });
  const skinner = await createSkinner({ backend: arena.jobs.name === "addon" ? "native" : "reference", arena });
  return new Crowd(map, model, skinner);
}

/** Agents as figures with 67 joints: poses in each tick, and shots that are tested against the bones. */
export class Crowd implements CityPart {
  readonly types: PartTypes = crowdTypes;
  readonly animation: Animation;
  readonly #assets = new AnimAssets();
  readonly #skinner: CpuSkinner;
  readonly #picture: CrowdPicture;
  readonly #aim: Aim;

  constructor(map: CityMap, model: Model, skinner: CpuSkinner) {
    const [skeleton] = model.skeletons;
    this.#assets.add("figure", model);
    this.#skinner = skinner;
    this.animation = new Animation(Walker, { arena: skeleton!.arena, assets: this.#assets, tickSeconds: TICK });
    this.#picture = new CrowdPicture(map, model, this.animation, skinner);
    this.#aim = new Aim(map, model, this.animation);
  }

  /** Poses at the velocities of the tick, then shots. */
  systems(): readonly System[] {
    const gait = system("gait", {
      query: [Velocity, write(Heading), write(Walker.component)],
      after: ["follow"],
      before: ["WalkerPlayback"],
      doc: "How fast and in which direction an agent goes.",
      run: ({ query }) => {
        for (const { count, velocity, heading, walker } of query.chunks()) {
          for (let i = 0; i < count; i++) {
            const [x, y] = [velocity.x[i]!, velocity.y[i]!];
            const pace = Math.sqrt(x * x + y * y);
            walker.pace[i] = pace;
            if (pace < 0.1) continue;
            heading.x[i] = x / pace;
            heading.y[i] = y / pace;
          }
        }
      },
    });
    const shoot = system("shoot", {
      query: STANDING,
      after: ["WalkerPoses"],
      before: ["move"],
      sets: [Shots],
      gets: [Shots],
      doc: "Shots from towers, tested against bones. Who is hit waves.",
      run: ({ world, query, commands, randomBelow }) => {
        const standers = this.#aim.place(world, query);
        const shots = world.resource(Shots);
        for (let shot = 0; shot < SHOTS && standers.length > 0; shot++) {
          const hit = this.#aim.shoot(standers[randomBelow(standers.length, 1, shot)]!, shot);
          shots.fired++;
          if (hit === undefined) continue;
          shots.hits++;
          if (hit.joint === this.#aim.head) shots.heads++;
          commands.set(this.#aim.who(hit), Walker.component, { hit: true });
        }
        world.setResource(Shots, shots);
      },
    });
    return [gait, ...this.animation.systems(), shoot];
  }

  /** Poses in the last tick, and what became of the shots. */
  figures(world: World): Readonly<Record<string, number>> {
    return { poses: this.animation.poses(world).count, ...world.resource(Shots) };
  }

  /** The liveliest corner of the city as it is now. */
  picture(world: World, title: string): Image {
    this.animation.refresh(world);
    return this.#picture.draw(world, standersOf(world.query(...STANDING)), title);
  }

  dispose(): void {
    this.#picture.dispose();
    this.#skinner.dispose();
    this.animation.dispose();
    this.#assets.dispose();
  }
}

const STANDING = [Position, Heading, Walker.component] as const;

/** Towers that shoot at figures. */
class Aim {
  readonly head: number;
  readonly #map: CityMap;
  readonly #animation: Animation;
  readonly #shapes: HitShapes;
  #targets: HitTargets | undefined;
  /** Who each character of the poses is; 0 for none. */
  #who: number[] = [];
  readonly #hit: Hit = emptyHit();

  constructor(map: CityMap, model: Model, animation: Animation) {
    const [skeleton] = model.skeletons;
    this.#map = map;
    this.#animation = animation;
    this.#shapes = HitShapes.ofVertices(skeleton!, model.meshes);
    this.head = skeleton!.jointOf("Head");
  }

  /** Puts all figures where they are, in the order of their entities. */
  place(world: World, query: Query<typeof STANDING>): readonly Stander[] {
    const poses = this.#animation.poses(world);
    const standers = standersOf(query);
    if (standers.length === 0) return standers;
    const models = poses.models(this.#shapes.skeleton);
    if (this.#targets?.models !== models) [this.#targets, this.#who] = [new HitTargets(this.#shapes, models), []];
    for (let character = 0; character < this.#who.length; character++) this.#targets.remove(character);
    for (const { entity, matrix } of standers) {
      const character = poses.character(entity);
      this.#targets.place(character, matrix, entity);
      this.#who[character] = entity;
    }
    return standers;
  }

  /** A shot from one of the towers, which stand around the middle of the map, at the chest of a figure. */
  shoot({ x, y }: Stander, shot: number): Hit | undefined {
    const { width, height } = this.#map;
    const origin = [(width * (1 + (shot & 3))) / 5, TOWER, (height * (1 + ((shot >> 2) & 3))) / 5];
    const direction = [x - origin[0]!, 1.3 - TOWER, y - origin[2]!];
    return this.#targets?.raycast({ origin, direction, distance: RANGE }, this.#hit);
  }

  who({ character }: Hit): number {
    return this.#who[character]!;
  }
}

/** Where figures are, by their entities. */
function standersOf(query: Query<typeof STANDING>): Stander[] {
  const standers: Stander[] = [];
  for (const { count, entities, position, heading } of query.chunks()) {
    for (let i = 0; i < count; i++) {
      const [x, y, ahead, aside] = [position.x[i]!, position.y[i]!, heading.y[i]!, heading.x[i]!];
      // Turned about the vertical, so that +z is ahead.
      const matrix = Float64Array.of(ahead, 0, aside, x, 0, 1, 0, 0, -aside, 0, ahead, y);
      standers.push({ entity: entities[i]!, x, y, matrix });
    }
  }
  return standers.sort((a, b) => a.entity - b.entity);
}
