import { event } from "../../ecs/event.ts";
import { entity, f32, f64, str, vec3 } from "../../ecs/field.ts";

/** What scripts ask of the host's ears: register it to let scripts use Audio. */
export const Sound = event(
  "Sound",
  {
    entity: entity({ doc: "Whose script asks." }),
    handle: f64({ doc: "The number of the sound, an integer." }),
    action: str({ doc: "play, stop, volume, pitch or position: the other fields that count follow from it." }),
    sound: str({ doc: "Its name; of play." }),
    volume: f32({ default: 1 }),
    pitch: f32({ default: 1 }),
    position: vec3(f32),
  },
  { doc: "Plays or changes a sound." },
);
