import type { ApiNamespace } from "../api.ts";

const TICKS_MAX = 0x3fff_ffff;

export const tasksApi: ApiNamespace = {
  name: "Tasks",
  doc: "What happens later. Scripts in Lua can wait, too: see `Tasks.wait`, `Tasks.waitFor`, `Tasks.start`.",
  functions: [
    {
      name: "after",
      doc: "Calls a function of the script, by name, after some ticks; not if the entity or its script ends before. Returns the number of the task.",
      parameters: [
        { name: "ticks", type: "integer", doc: "1 is the next tick.", least: 1, most: TICKS_MAX },
        { name: "name", type: "string", doc: "Name of the function; it gets self." },
      ],
      returns: "integer",
      run: (scope, ticks, name) => scope.after(ticks as number, name as string),
    },
    {
      name: "cancelAfter",
      doc: "Takes a call back that `after` asked for. False if it has been made or is none of this script and entity.",
      parameters: [{ name: "task", type: "integer", doc: "What `after` gave." }],
      returns: "boolean",
      run: (scope, task) => scope.cancel(task as number),
    },
  ],
};
