import type { ApiNamespace } from "../api.ts";
import { audioApi } from "./audio.ts";
import { componentApi } from "./component.ts";
import { eventsApi } from "./events.ts";
import { inputApi } from "./input.ts";
import { logApi } from "./log.ts";
import { physicsApi } from "./physics.ts";
import { randomApi } from "./random.ts";
import { stateApi } from "./state.ts";
import { tasksApi } from "./tasks.ts";
import { textApi } from "./text.ts";
import { timeApi } from "./time.ts";
import { transformApi } from "./transform.ts";
import { worldApi } from "./world.ts";

/**
 * All that scripts can call, in the order by which engines number it. Add at the end of a namespace's list and of this one:
 * images of virtual machines hold the numbers.
 */
export const scriptApi: readonly ApiNamespace[] = [
  transformApi,
  worldApi,
  componentApi,
  inputApi,
  physicsApi,
  audioApi,
  timeApi,
  randomApi,
  eventsApi,
  logApi,
  stateApi,
  tasksApi,
  textApi,
];
