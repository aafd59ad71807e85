import { addComponent, addEntity, createWorld, query, removeComponent, removeEntity } from "bitecs";
import type { Column } from "./columns.ts";
import type { Library } from "./library.ts";
import { listedLibrary } from "./listed.ts";

/** bitecs 0.4: components are whatever the user makes, here typed arrays. Its own entity versions make it slower. */
export const library: Library = listedLibrary("bitecs 0.4", (size, components) => {
  const world = createWorld();
  const columns = Array.from({ length: components }, (): Column => ({ value: new Float32Array(size + 1) }));
  return {
    columns,
    create: () => addEntity(world),
    destroy: (id) => removeEntity(world, id),
    add: (id, c) => addComponent(world, id, columns[c]!),
    remove: (id, c) => removeComponent(world, id, columns[c]!),
    query(wanted) {
      const terms = wanted.map((c) => columns[c]!);
      return () => query(world, terms);
    },
  };
});
