import {
  type Animation,
  type CpuSkinner,
  type Mesh,
  type Model,
  multiplyAffine,
  type Skin,
  SkinnedMesh,
} from "../../src/anim.ts";
import type { World } from "../../src/index.ts";
import { type Colour, camera, drawText, Image, Scene3d } from "../../src/raster.ts";
import type { CityMap } from "./map.ts";

const [WIDTH, HEIGHT] = [1280, 720];
/** Cells around the middle of the picture that are drawn, and agents at most. */
const AROUND = 26;
const FIGURES = 400;
const [SKY, STREET, KERB, WALL]: readonly Colour[] = [0xb9c7d6, 0x6d7178, 0x7b8088, 0xa89f91];
/** Of houses, in cells. */
const STOREY = 2.5;

/** A figure and where it stands: its entity, its place in cells, and where it looks. */
export interface Stander {
  readonly entity: number;
  readonly x: number;
  readonly y: number;
  readonly matrix: Float64Array;
}

/** Draws the liveliest corner of a city: houses, streets, and the figures that walk there, skinned. */
export class CrowdPicture {
  readonly #map: CityMap;
  readonly #mesh: Mesh;
  readonly #skin: Skin;
  readonly #skinned: SkinnedMesh;
  readonly #skinner: CpuSkinner;
  readonly #number: number;
  readonly #animation: Animation;

  constructor(map: CityMap, model: Model, animation: Animation, skinner: CpuSkinner) {
    this.#map = map;
    this.#animation = animation;
    this.#skinner = skinner;
    this.#mesh = model.meshes.find(({ skin }) => skin !== undefined)!;
    this.#skin = this.#mesh.skin!;
    this.#skinned = SkinnedMesh.create(model.skeletons[0]!.arena, this.#mesh);
    this.#number = skinner.addMesh(this.#skinned);
  }

  draw(world: World, standers: readonly Stander[], title: string): Image {
    const [x, y] = this.#liveliest(standers);
    const image = new Image(WIDTH, HEIGHT, SKY);
    const eye = [x - 13, 11, y + 15];
    const scene = new Scene3d(image, camera({ eye, target: [x + 1, 0.6, y - 1], fieldOfView: 42 }));
    this.#drawGround(scene, x, y);
    const near = standers
      .map((one) => ({ one, distance: Math.max(Math.abs(one.x - x), Math.abs(one.y - y)) }))
      .filter(({ distance }) => distance < AROUND)
      .sort((a, b) => a.distance - b.distance || a.one.entity - b.one.entity)
      .slice(0, FIGURES);
    for (const { one } of near) this.#drawFigure(scene, world, one);
    drawText(image, 16, 14, title, { scale: 2, colour: 0x22262c });
    return image;
  }

  dispose(): void {
    this.#skinner.removeMesh(this.#number);
    this.#skinned.dispose();
  }

  /** The middle of the square of 16 by 16 cells with most figures, the first of several. */
  #liveliest(standers: readonly Stander[]): [x: number, y: number] {
    const counts = new Map<number, number>();
    let best = 0;
    for (const { x, y } of standers) {
      const square = Math.floor(y / 16) * 4096 + Math.floor(x / 16);
      counts.set(square, (counts.get(square) ?? 0) + 1);
    }
    for (const [square, count] of counts) {
      const most = counts.get(best) ?? 0;
      if (count > most || (count === most && square < best)) best = square;
    }
    return [(best % 4096) * 16 + 8, Math.floor(best / 4096) * 16 + 8];
  }

  /** Streets as checkered squares, all else as blocks. */
  #drawGround(scene: Scene3d, middleX: number, middleY: number): void {
    const { width, height, cells } = this.#map;
    const ground: number[][] = [[], []];
    const walls: number[] = [];
    for (let y = Math.floor(middleY) - AROUND; y < middleY + AROUND; y++) {
      for (let x = Math.floor(middleX) - AROUND; x < middleX + AROUND; x++) {
        const free = x >= 0 && y >= 0 && x < width && y < height && cells[y * width + x] === 1;
        if (free) ground[(x + y) & 1]!.push(...square(x, y, 0));
        else walls.push(...block(x, y));
      }
    }
    for (const [i, positions] of ground.entries())
      scene.drawMesh({ positions: Float32Array.from(positions), colour: i === 0 ? STREET : KERB, lit: false });
    scene.drawMesh({ positions: Float32Array.from(walls), colour: WALL });
  }

  #drawFigure(scene: Scene3d, world: World, { entity, matrix }: Stander): void {
    const models = this.#animation.poses(world).matrices(entity);
    const { joints, inverseBind, count } = this.#skin;
    const palette = new Float32Array(count * 12);
    for (let i = 0; i < count; i++) multiplyAffine(palette, models, inverseBind, i * 12, joints[i]! * 12, i * 12);
    const [result] = this.#skinner.skin([{ mesh: this.#number, palette, joints: count }]);
    const { positions, normals } = result!;
    for (const { first, count: corners, colour } of this.#mesh.parts) {
      const indices = this.#skinned.indices.subarray(first, first + corners);
      scene.drawMesh({ positions, normals, indices, matrix, colour: shirtOf(colour, entity) });
    }
  }
}

/** The colour of a material; shirts, which are blue, are of several. */
function shirtOf(colour: readonly number[], entity: number): Colour {
  const shade = (part: number) => Math.round(255 * Math.sqrt(Math.min(1, Math.max(0, part))));
  const [red, green, blue] = colour.map(shade) as [number, number, number];
  const parts = blue > red ? SHIRTS[entity % SHIRTS.length]! : [red, green, blue];
  return parts[0]! * 65536 + parts[1]! * 256 + parts[2]!;
}

const SHIRTS: readonly (readonly number[])[] = [
  [70, 110, 180],
  [190, 70, 60],
  [80, 150, 90],
  [215, 165, 60],
  [120, 90, 160],
  [225, 225, 220],
];

/** Two triangles at a height. */
function square(x: number, y: number, height: number): number[] {
  const [a, b] = [x + 1, y + 1];
  return [x, height, y, x, height, b, a, height, b, x, height, y, a, height, b, a, height, y];
}

/** A house of one cell: its roof and four walls. */
function block(x: number, y: number): number[] {
  const h = STOREY;
  const [a, b] = [x + 1, y + 1];
  const wall = (x0: number, y0: number, x1: number, y1: number) => [
    ...[x0, 0, y0, x1, 0, y1, x1, h, y1],
    ...[x0, 0, y0, x1, h, y1, x0, h, y0],
  ];
  return [...square(x, y, h), ...wall(x, b, a, b), ...wall(a, b, a, y), ...wall(a, y, x, y), ...wall(x, y, x, b)];
}
