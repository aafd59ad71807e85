import { Memory } from "../../src/native/memory.ts";
import type { ApiNamespace } from "../../src/script/api.ts";
import type { AccessLayout, Column, EntityRow, UpdateBatch } from "../../src/script/engine.ts";
import { ScriptStop } from "../../src/script/fault.ts";
import { ScriptError, type ScriptHost } from "../../src/script/host.ts";
import { UndoLog } from "../../src/script/undo.ts";
import type { ScriptValue } from "../../src/script/value.ts";

/** Functions of a host for engines that are tested without a world. */
export const fakeApi: readonly ApiNamespace[] = [
  {
    name: "Probe",
    doc: "For tests.",
    functions: [
      {
        name: "note",
        doc: "Keeps a value.",
        parameters: [{ name: "value", type: "number", doc: "Any." }],
        returns: "number",
        run: () => undefined,
      },
      { name: "refuse", doc: "An error.", parameters: [], returns: "nothing", run: () => undefined },
      { name: "stop", doc: "Past a budget.", parameters: [], returns: "nothing", run: () => undefined },
    ],
  },
];

export const ROWS = 4;
const [POSITION, STATE] = [1024, 4096];

/** A host of {@link ROWS} entities with a Position (f32 x, y) that is written and a State (f64 n). */
export class FakeHost implements ScriptHost {
  readonly api = fakeApi;
  readonly #memory = new Memory({ bytesMax: 1 << 20 });
  readonly memory = this.#memory.wasm;
  readonly undo = new UndoLog();
  /** What scripts gave to `Probe.note`, with their entities. */
  readonly notes: [number, ScriptValue][] = [];
  readonly texts: string[] = [""];
  readonly access: readonly AccessLayout[] = [
    { name: "State", write: true, fields: [{ name: "n", kind: "f64", lanes: 1, nan: true }] },
    {
      name: "Position",
      write: true,
      fields: [
        { name: "x", kind: "f32", lanes: 1, nan: false },
        { name: "y", kind: "f32", lanes: 1, nan: false },
      ],
    },
  ];

  call(index: number, entity: number, values: readonly ScriptValue[]): ScriptValue {
    if (index === 1) throw new ScriptError("Probe.refuse: refused");
    if (index === 2) throw new ScriptStop("hostCalls", "no more");
    this.notes.push([entity, values[0]]);
    return values[0];
  }
  text(id: number): string {
    return this.texts[id]!;
  }
  intern(text: string): number {
    const at = this.texts.indexOf(text);
    return at >= 0 ? at : this.texts.push(text) - 1;
  }

  /** All columns as bytes, to be compared. */
  bytes(): Uint8Array {
    return new Uint8Array(this.memory.buffer).slice();
  }
  revert(): void {
    this.undo.revert(new Uint8Array(this.memory.buffer));
  }
  get n(): Float64Array {
    return new Float64Array(this.memory.buffer, STATE, ROWS);
  }
  get x(): Float32Array {
    return new Float32Array(this.memory.buffer, POSITION, ROWS);
  }
  get y(): Float32Array {
    return new Float32Array(this.memory.buffer, POSITION + 64, ROWS);
  }
  get columns(): readonly (readonly Column[])[] {
    return [[this.n], [this.x, this.y]];
  }

  /** The entity of row r has the id 101 + r. */
  row(row: number): EntityRow {
    return { entity: 101 + row, row, columns: this.columns };
  }
  batch(instances: readonly number[], due: readonly number[] = instances.map(() => 1)): UpdateBatch {
    return {
      count: instances.length,
      entities: Int32Array.from(instances, (_, row) => 101 + row),
      instances: Int32Array.from(instances),
      due: Uint8Array.from(due),
      columns: this.columns,
    };
  }
}
