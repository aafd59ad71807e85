import { classLibrary } from "./class.ts";
import { errorsLibrary } from "./errors.ts";
import type { LuaLibrary } from "./library.ts";
import { promiseLibrary } from "./promise.ts";
import { testLibrary } from "./test.ts";
import { vecLibrary } from "./vec.ts";

export type { LuaLibrary } from "./library.ts";

/** The standard library of Lua scripts; each comes after those that it requires. */
export const libraries: readonly LuaLibrary[] = [classLibrary, errorsLibrary, promiseLibrary, testLibrary, vecLibrary];
