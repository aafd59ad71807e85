import { Value } from "./value.ts";

/** Operations as methods of values. */
const methods = {};

export type Methods = typeof methods;

Object.assign(Value.prototype, methods);
