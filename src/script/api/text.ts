import { WorldloomError } from "../../core/errors.ts";
import type { ApiNamespace } from "../api.ts";
import { ScriptError } from "../host.ts";

/** What fields of texts hold: ids, of which 0 is the empty text. */
export const textApi: ApiNamespace = {
  name: "Text",
  doc: "Texts by the numbers that columns hold, for guests in WebAssembly. Everywhere else texts are given and taken as they are.",
  functions: [
    {
      name: "get",
      doc: "The text of an id that a column holds.",
      parameters: [{ name: "id", type: "integer", doc: "The id; 0 is the empty text.", least: 0 }],
      returns: "string",
      capability: "world",
      run: (scope, id) => {
        try {
          return scope.text(id as number);
        } catch (error) {
          if (!(error instanceof WorldloomError) || error.code !== "bad-argument") throw error;
          throw new ScriptError(`Text.get: id: expected the id of a text, got ${id}`);
        }
      },
    },
    {
      name: "id",
      doc: "The id of a text, to be written to a column. One that is new to the world stays in it if the call succeeds.",
      parameters: [{ name: "text", type: "string", doc: "The text." }],
      returns: "integer",
      run: (scope, text) => scope.intern(text as string),
    },
  ],
};
