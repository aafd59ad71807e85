import type { ApiNamespace } from "../api.ts";

const levels = ["debug", "info", "warn", "error"] as const;

/** Messages for people. They are no part of the world. */
export const logApi: ApiNamespace = {
  name: "Log",
  doc: "Messages for people. What a call wrote before it failed stays.",
  functions: levels.map((level) => ({
    name: level,
    doc: `Writes a message of the level ${level}.`,
    parameters: [{ name: "text", type: "string", doc: "The message." }] as const,
    returns: "nothing" as const,
    capability: "log" as const,
    run: (scope, text) => scope.log(level, text as string),
  })),
};
