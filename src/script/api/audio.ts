import type { ApiNamespace, ApiParameter } from "../api.ts";
import { ScriptError } from "../host.ts";
import type { HostScope, Vec3 } from "../scope.ts";
import { entityOf, positionOf, vectorOf } from "./transform.ts";

/** The event by which the host is told what to play. */
const SOUND = "Sound";
const VOLUME_MAX = 16;

const handle: ApiParameter = { name: "handle", type: "integer", doc: "What `play` gave.", least: 0 };
const volume: ApiParameter = {
  name: "volume",
  type: "number",
  doc: "1 is as recorded.",
  least: 0,
  most: VOLUME_MAX,
};
const pitch: ApiParameter = {
  name: "pitch",
  type: "number",
  doc: "Factor of the speed: 1 is as recorded.",
  least: 1 / 16,
  most: 16,
};

export const audioApi: ApiNamespace = {
  name: "Audio",
  doc: "Sounds, as events of the type Sound for the host.",
  functions: [
    {
      name: "play",
      doc: "Plays a sound once, from a position or, left out, from where the script's own entity is. Returns its handle.",
      parameters: [
        { name: "sound", type: "string", doc: "Its name, as the host knows it." },
        { ...volume, optional: true },
        { ...pitch, optional: true },
        { name: "position", type: "vec3", doc: "Where it comes from.", optional: true },
      ],
      returns: "integer",
      capability: "events",
      run: (scope, sound, loud, high, position) => {
        const { x, y, z } = position === undefined ? here(scope) : vectorOf(position);
        const number = scope.nextNumber();
        tell(scope, "play", number, {
          sound: sound as string,
          volume: (loud as number | undefined) ?? 1,
          pitch: (high as number | undefined) ?? 1,
          position: { x, y, z },
        });
        return number;
      },
    },
    {
      name: "stop",
      doc: "Ends a sound.",
      parameters: [handle],
      returns: "nothing",
      capability: "events",
      run: (scope, which) => tell(scope, "stop", which as number, {}),
    },
    {
      name: "volume",
      doc: "Makes a sound louder or softer.",
      parameters: [handle, volume],
      returns: "nothing",
      capability: "events",
      run: (scope, which, loud) => tell(scope, "volume", which as number, { volume: loud as number }),
    },
    {
      name: "pitch",
      doc: "Makes a sound higher or lower.",
      parameters: [handle, pitch],
      returns: "nothing",
      capability: "events",
      run: (scope, which, high) => tell(scope, "pitch", which as number, { pitch: high as number }),
    },
    {
      name: "position",
      doc: "Has a sound come from somewhere else.",
      parameters: [handle, { name: "position", type: "vec3", doc: "Where." }],
      returns: "nothing",
      capability: "events",
      run: (scope, which, position) => tell(scope, "position", which as number, { position: vectorOf(position) }),
    },
  ],
};

interface SoundFields {
  readonly sound?: string;
  readonly volume?: number;
  readonly pitch?: number;
  readonly position?: { x: number; y: number; z: number };
}

function tell(scope: HostScope, action: string, number: number, fields: SoundFields): undefined {
  scope.emit(SOUND, { entity: scope.entity, handle: number, action, ...fields });
}

function here(scope: HostScope): Vec3 {
  try {
    return positionOf(scope, entityOf(scope, undefined));
  } catch (error) {
    if (error instanceof ScriptError) return { x: 0, y: 0, z: 0 };
    throw error;
  }
}
