/**
 * What crosses between a script and its host: plain trees. Texts are strings, texts that are not UTF-8 are bytes, integers
 * past 2^53 are bigints, entities are numbers. `undefined` is Lua's nil; it is no element of lists and maps.
 */
export type ScriptValue =
  | undefined
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | readonly ScriptValue[]
  | { readonly [key: string]: ScriptValue };

/** Deepest tree that crosses. */
export const VALUE_DEPTH_MAX = 32;
/** Most elements of one tree. */
export const VALUE_COUNT_MAX = 65_536;
