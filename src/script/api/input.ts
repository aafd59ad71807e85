import type { ApiNamespace, ApiParameter } from "../api.ts";

const input: ApiParameter = { name: "input", type: "string", doc: "Name of the type of input." };

export const inputApi: ApiNamespace = {
  name: "Input",
  doc: "What came from outside for this tick.",
  functions: [
    {
      name: "all",
      doc: "The inputs of a type, as tables of their fields, in the order in which they came.",
      parameters: [input],
      returns: "list",
      run: (scope, name) => scope.inputs(name as string),
    },
    {
      name: "last",
      doc: "The last input of a type.",
      parameters: [input],
      returns: "table",
      nullable: true,
      run: (scope, name) => scope.inputs(name as string).at(-1),
    },
    {
      name: "count",
      doc: "How many inputs of a type came.",
      parameters: [input],
      returns: "integer",
      run: (scope, name) => scope.inputs(name as string).length,
    },
    {
      name: "mine",
      doc: "The last input of a type whose field has the script's own entity as its value.",
      parameters: [input, { name: "field", type: "string", doc: "Name of the field." }],
      returns: "table",
      nullable: true,
      run: (scope, name, field) =>
        scope.inputs(name as string).findLast((one) => one[field as string] === scope.entity),
    },
  ],
};
