/** What scene files say that they are. */
export const SCENE_FORMAT = "worldloom-scene";
export const SCENE_VERSION = 1;

/** An entity of the scene by its id, none, or one outside of the scene by its number. */
export type SceneReference = number | string | null | { readonly raw: number };

/** An element of a field; floats that JSON cannot spell are "NaN", "Infinity", "-Infinity" and "-0". */
export type SceneElement = number | string | boolean | SceneReference;

/** Fields by name: an element, a list of them for a fixed array, or elements by axis for a vector. */
export type SceneValues = Readonly<
  Record<string, SceneElement | readonly SceneElement[] | Readonly<Record<string, SceneElement>>>
>;

/** One pair of a relation. */
export type ScenePair = SceneValues & { readonly target: SceneReference };

export interface SceneEntity {
  /** By which the scene refers to it. A number is the entity that it becomes, if that is free. */
  readonly id?: number | string;
  readonly name?: string;
  /** A prefab, whose values the components override. */
  readonly prefab?: string;
  readonly components?: Readonly<Record<string, SceneValues>>;
  /** One pair for an exclusive relation, else a list. */
  readonly relations?: Readonly<Record<string, ScenePair | readonly ScenePair[]>>;
}

/** A scene as JSON: `docs/scene.schema.json` is its schema. */
export interface SceneFile {
  readonly $schema?: string;
  readonly format: typeof SCENE_FORMAT;
  readonly version: number;
  readonly doc?: string;
  readonly resources?: Readonly<Record<string, SceneValues>>;
  readonly entities: readonly SceneEntity[];
}
