import type { ApiNamespace, ApiParameter } from "../api.ts";
import { ScriptError } from "../host.ts";
import type { Fields, HostScope } from "../scope.ts";

const name: ApiParameter = { name: "field", type: "string", doc: "Name of the field." };

export const stateApi: ApiNamespace = {
  name: "State",
  doc: "The fields that the script declares for each of its entities. They are kept in saves.",
  functions: [
    {
      name: "get",
      doc: "The value of a field.",
      parameters: [name],
      returns: "value",
      run: (scope, field) => {
        const fields = stateOf(scope, "get");
        if (Object.hasOwn(fields, field as string)) return fields[field as string];
        throw new ScriptError(`State.get: field: this script declares no field ${JSON.stringify(field)}`);
      },
    },
    {
      name: "set",
      doc: "Sets a field.",
      parameters: [name, { name: "value", type: "value", doc: "Of the type of the field." }],
      returns: "nothing",
      run: (scope, field, value) => {
        if (!Object.hasOwn(stateOf(scope, "set"), field as string))
          throw new ScriptError(`State.set: field: this script declares no field ${JSON.stringify(field)}`);
        if (value === undefined) throw new ScriptError("State.set: value: expected a value, got nothing");
        scope.set(scope.entity, "State", { [field as string]: value });
      },
    },
    {
      name: "all",
      doc: "All fields, as a table.",
      parameters: [],
      returns: "table",
      run: (scope) => stateOf(scope, "all"),
    },
  ],
};

function stateOf(scope: HostScope, fn: string): Fields {
  const fields = scope.get(scope.entity, "State");
  if (fields !== undefined) return fields;
  throw new ScriptError(`State.${fn}: this script declares no state`);
}
