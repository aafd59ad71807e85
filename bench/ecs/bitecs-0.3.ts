import type { Column } from "./columns.ts";
import type { Library } from "./library.ts";
import { listedLibrary } from "./listed.ts";

/** What is used of bitecs 0.3: its own declarations claim the name of 0.4. */
interface Bitecs {
  readonly Types: { readonly f32: "f32" };
  setDefaultSize(size: number): void;
  createWorld(): object;
  defineComponent(schema: { value: "f32" }): Column;
  defineQuery(components: Column[]): (world: object) => number[];
  addEntity(world: object): number;
  removeEntity(world: object, id: number): void;
  addComponent(world: object, component: Column, id: number): void;
  removeComponent(world: object, component: Column, id: number): void;
}

const name: string = "bitecs-0.3";
const bitecs: Bitecs = await import(name);
const {
  addComponent,
  addEntity,
  createWorld,
  defineComponent,
  defineQuery,
  removeComponent,
  removeEntity,
  setDefaultSize,
  Types,
} = bitecs;

export const library: Library = listedLibrary("bitecs 0.3.40", (size, components) => {
  setDefaultSize(Math.max(size + 1, 10_000));
  const world = createWorld();
  const columns = Array.from({ length: components }, () => defineComponent({ value: Types.f32 }));
  return {
    columns,
    create: () => addEntity(world),
    destroy: (id) => removeEntity(world, id),
    add: (id, c) => addComponent(world, columns[c]!, id),
    remove: (id, c) => removeComponent(world, columns[c]!, id),
    query(wanted) {
      const found = defineQuery(wanted.map((c) => columns[c]!));
      return () => found(world);
    },
  };
});
