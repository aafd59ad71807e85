/** What a script may be allowed to do besides computing and using its own entity. */
export const capabilities = {
  world: "looks at other entities",
  spawn: "spawns and despawns entities",
  write: "writes components of other entities",
  events: "emits events, sounds among them",
  physics: "uses forces, rays and overlaps",
  log: "writes to the log",
} as const;

export type Capability = keyof typeof capabilities;

/** Named sets of capabilities. */
export const profiles: Readonly<Record<string, readonly Capability[]>> = {
  minimal: [],
  standard: ["world", "spawn", "events", "physics", "log"],
  trusted: ["world", "spawn", "write", "events", "physics", "log"],
};
export type Profile = "minimal" | "standard" | "trusted";
