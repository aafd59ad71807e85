import type { World } from "../../ecs/world.ts";
import { crossEvents } from "../events.ts";
import type { LayerRow } from "../graph/graph.ts";
import type { Plays } from "../graph/playback.ts";
import { AnimationEvent } from "./animator.ts";
import type { Binding } from "./binding.ts";

/** Clips that weigh less do not tell their events. */
const TELLING_WEIGHT = 0.5;
/** Most events of one clip in one update. */
const EVENTS_MAX = 256;

/** Emits the events of clips that playback came across. */
export class EventTeller {
  readonly #crossed = new Int32Array(EVENTS_MAX);

  tell(world: World, entity: number, { states }: LayerRow, plays: Plays, { clips }: Binding, layer: number): void {
    for (let i = 0; i < plays.count; i++) {
      if (plays.leading[i] === 0 || plays.weight[i]! < TELLING_WEIGHT || plays.moved[i] === 0) continue;
      const clip = clips[layer]![plays.clip[i]!]!;
      const { events } = clip;
      if (events.length === 0) continue;
      const from = plays.before[i]!;
      // What happens at the time at which a state begins is behind no interval.
      if (plays.leading[i] === 2) {
        for (const { time, name } of events)
          if (time === from) world.emit(AnimationEvent, { entity, clip: clip.name, name });
      }
      const { wrap } = states[plays.state[i]!]!;
      const count = crossEvents(this.#crossed, clip, from, from + plays.moved[i]!, wrap);
      for (let k = 0; k < count; k++)
        world.emit(AnimationEvent, { entity, clip: clip.name, name: events[this.#crossed[k]!]!.name });
    }
  }
}
