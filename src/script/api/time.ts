import type { ApiNamespace } from "../api.ts";

export const timeApi: ApiNamespace = {
  name: "Time",
  doc: "The time of the world. There is no other clock.",
  functions: [
    {
      name: "delta",
      doc: "Seconds of one tick.",
      parameters: [],
      returns: "number",
      run: (scope) => scope.delta,
    },
    {
      name: "tick",
      doc: "The number of the tick that runs.",
      parameters: [],
      returns: "integer",
      run: (scope) => scope.tick,
    },
    {
      name: "total",
      doc: "Seconds since tick 0.",
      parameters: [],
      returns: "number",
      run: (scope) => scope.tick * scope.delta,
    },
  ],
};
