import type { ApiNamespace } from "../api.ts";
import type { Fields } from "../scope.ts";
import { count, countOf } from "./parameter.ts";

export const eventsApi: ApiNamespace = {
  name: "Events",
  doc: "Events of the world. A script hears those that it names in `hears`, through onEvent.",
  functions: [
    {
      name: "emit",
      doc: "Emits an event when the scripts of this tick have run.",
      parameters: [
        { name: "event", type: "string", doc: "Name of the type of event." },
        { name: "fields", type: "table", doc: "Fields that differ from the defaults.", optional: true },
      ],
      returns: "nothing",
      capability: "events",
      run: (scope, event, fields) => scope.emit(event as string, (fields ?? {}) as Fields),
    },
    {
      name: "recent",
      doc: "The last events of a type that are alive, as tables of their fields and `tick`, oldest first.",
      parameters: [{ name: "event", type: "string", doc: "Name of the type of event." }, count],
      returns: "list",
      capability: "world",
      run: (scope, event, most) => scope.events(event as string).slice(-countOf(most)),
    },
  ],
};
