import { WorldloomError } from "../../core/errors.ts";
import type { Component } from "../../ecs/component.ts";
import { Transform } from "../../ecs/transform.ts";
import type { Place } from "../scope.ts";

/** The component that says where entities are. */
export interface PlaceOptions {
  /** Default: the world's `Transform`. */
  readonly component: Component;
  /** Its field for the position; left out or empty, the component itself has x, y and perhaps z. Floats of 32 or 64 bits. */
  readonly position?: string;
  /** A field of four axes; left out, entities have no rotation. */
  readonly rotation?: string;
  /** A field of three axes. */
  readonly scale?: string;
}

export const DEFAULT_PLACE: PlaceOptions = {
  component: Transform as unknown as Component,
  position: "translation",
  rotation: "rotation",
  scale: "scale",
};

/** Checks that a component has the fields. Throws `bad-argument`. */
export function placeOf({ component, position = "", rotation, scale }: PlaceOptions): Place {
  const prefix = position === "" ? "" : `${position}.`;
  const columns = Array.isArray(component?.columns) ? component.columns : [];
  const has = (path: string): boolean =>
    columns.some((column) => column?.path === path && column.lanes === 1 && column.code <= 1);
  const wanted = [`${prefix}x`, `${prefix}y`];
  if (rotation !== undefined) for (const axis of "xyzw") wanted.push(`${rotation}.${axis}`);
  if (scale !== undefined) for (const axis of "xyz") wanted.push(`${scale}.${axis}`);
  for (const path of wanted) {
    if (has(path)) continue;
    throw new WorldloomError(
      "bad-argument",
      `The place of entities must be a component with floats; ${component?.name ?? String(component)} has no ${path}.`,
      { component: component?.name, field: path },
    );
  }
  const axes = has(`${prefix}z`) ? 3 : 2;
  return {
    component: component.name,
    position,
    axes,
    ...(rotation === undefined ? {} : { rotation }),
    ...(scale === undefined ? {} : { scale }),
  };
}
