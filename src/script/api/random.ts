import type { ApiNamespace } from "../api.ts";
import { ScriptError } from "../host.ts";
import type { ScriptValue } from "../value.ts";
import { unit } from "./quaternion.ts";

const TRIES_MAX = 32;

export const randomApi: ApiNamespace = {
  name: "Random",
  doc: "Random numbers that depend on the world's seed, the tick, the script, the entity and the number of the draw alone: the same in every run.",
  functions: [
    {
      name: "float",
      doc: "A number from low up to, but without, high.",
      parameters: [
        { name: "low", type: "number", doc: "Left out, 0.", optional: true },
        { name: "high", type: "number", doc: "Left out, 1.", optional: true },
      ],
      returns: "number",
      run: (scope, low, high) => {
        const [from, to] = [(low as number | undefined) ?? 0, (high as number | undefined) ?? 1];
        const range = to - from;
        if (!(range >= 0 && range < Infinity))
          throw new ScriptError(`Random.float: high: expected a number of at least low (${from}), got ${to}`);
        const drawn = from + scope.random() * range;
        return drawn < to ? drawn : from;
      },
    },
    {
      name: "integer",
      doc: "An integer from low to high, both included.",
      parameters: [
        { name: "low", type: "integer", doc: "The least." },
        { name: "high", type: "integer", doc: "The greatest." },
      ],
      returns: "integer",
      run: (scope, low, high) => {
        const [from, to] = [low as number, high as number];
        if (to < from || !Number.isSafeInteger(to - from + 1))
          throw new ScriptError(`Random.integer: high: expected an integer of at least low (${from}), got ${to}`);
        return from + Math.floor(scope.random() * (to - from + 1));
      },
    },
    {
      name: "chance",
      doc: "True with a probability.",
      parameters: [{ name: "probability", type: "number", doc: "0 is never, 1 is always.", least: 0, most: 1 }],
      returns: "boolean",
      run: (scope, probability) => scope.random() < (probability as number),
    },
    {
      name: "pick",
      doc: "One element of a list; nothing where it is empty.",
      parameters: [{ name: "list", type: "list", doc: "The elements." }],
      returns: "value",
      nullable: true,
      run: (scope, list) => {
        const elements = list as readonly ScriptValue[];
        return elements.length === 0 ? undefined : elements[Math.floor(scope.random() * elements.length)];
      },
    },
    {
      name: "shuffle",
      doc: "The elements of a list in a random order.",
      parameters: [{ name: "list", type: "list", doc: "The elements." }],
      returns: "list",
      run: (scope, list) => {
        const elements = [...(list as readonly ScriptValue[])];
        for (let i = elements.length - 1; i > 0; i--) {
          const j = Math.floor(scope.random() * (i + 1));
          [elements[i], elements[j]] = [elements[j], elements[i]];
        }
        return elements;
      },
    },
    {
      name: "direction",
      doc: "A vector of length 1 in any direction.",
      parameters: [],
      returns: "vec3",
      run: (scope) => {
        // Points of the cube until one is in the ball: about two tries.
        for (let i = 0; i < TRIES_MAX; i++) {
          const point = { x: scope.random() * 2 - 1, y: scope.random() * 2 - 1, z: scope.random() * 2 - 1 };
          const square = point.x * point.x + point.y * point.y + point.z * point.z;
          if (square > 1e-6 && square <= 1) return { ...unit(point)! };
        }
        return { x: 1, y: 0, z: 0 };
      },
    },
  ],
};
