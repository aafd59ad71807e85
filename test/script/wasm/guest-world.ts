import { Memory } from "../../../src/native/memory.ts";
import type { ApiFunction, ApiNamespace, ApiType } from "../../../src/script/api.ts";
import { type Budget, DEFAULT_BUDGET } from "../../../src/script/budget.ts";
import type {
  AccessLayout,
  Column,
  EntityRow,
  FieldLayout,
  ScriptDomain,
  UpdateBatch,
} from "../../../src/script/engine.ts";
import { ScriptStop } from "../../../src/script/fault.ts";
import { ScriptError, type ScriptHost } from "../../../src/script/host.ts";
import { UndoLog } from "../../../src/script/undo.ts";
import type { ScriptValue } from "../../../src/script/value.ts";
import { WasmEngine } from "../../../src/script/wasm/engine.ts";

const fn = (
  name: string,
  types: readonly ApiType[],
  returns: ApiType,
  rest: Partial<ApiFunction> = {},
): ApiFunction => ({
  name,
  doc: "For tests.",
  parameters: types.map((type, i) => ({ name: `p${i}`, type, doc: "Any." })),
  returns,
  run: () => undefined,
  ...rest,
});

/** A function for each type, that takes it and gives it back, and some that fail. */
export const testApi: readonly ApiNamespace[] = [
  {
    name: "Echo",
    doc: "For tests.",
    functions: [
      fn("number", ["number"], "number"),
      fn("integer", ["integer"], "integer"),
      fn("boolean", ["boolean"], "boolean"),
      fn("entity", ["entity"], "entity"),
      fn("string", ["string"], "string"),
      fn("bytes", ["bytes"], "bytes"),
      fn("entities", ["entities"], "entities"),
      fn("strings", ["strings"], "strings"),
      fn("vec3", ["vec3"], "vec3"),
      fn("quat", ["quat"], "quat"),
      fn("hit", ["hit"], "hit"),
      fn("list", ["list"], "list"),
      fn("table", ["table"], "table"),
      fn("value", ["value"], "value"),
      fn("maybe", ["number"], "number", { nullable: true }),
      fn("maybeText", ["string"], "string", { nullable: true }),
      fn("lastMaybe", ["number", "number"], "nothing", {
        parameters: [
          { name: "a", type: "number", doc: "Any." },
          { name: "b", type: "vec3", doc: "Any.", optional: true },
        ],
      }),
    ],
  },
  {
    name: "Fail",
    doc: "For tests.",
    functions: [
      fn("refuse", [], "nothing"),
      fn("stop", [], "nothing"),
      fn("crash", [], "nothing"),
      fn("ping", [], "nothing"),
    ],
  },
];
const names = testApi.flatMap(({ name, functions }) => functions.map((f) => `${name}.${f.name}`));

export const ROWS = 8;
const COLUMN_BYTES = 4096;

/** Columns of a world of {@link ROWS} entities, each with a page of 4 KiB of the world's memory to itself. */
const LAYOUT = {
  Position: { x: "f32", y: "f32" },
  Velocity: { x: "f32", y: "f32" },
  State: { count: "i32", alive: "bool", target: "entity", title: "str", exact: "f64", axes: "f32" },
} as const;

/** A host that keeps what it was called with. `result` is what its functions give; undefined for what they were given. */
export class GuestWorld implements ScriptHost {
  readonly api = testApi;
  readonly #memory = new Memory({ bytesMax: 1 << 20 });
  readonly memory = this.#memory.wasm;
  readonly undo = new UndoLog(1);
  readonly calls: [name: string, entity: number, values: readonly ScriptValue[]][] = [];
  result: ScriptValue;
  readonly access: readonly AccessLayout[];
  readonly columns: readonly (readonly Column[])[];

  /** `nan` says whether the position may be NaN. */
  constructor(nan = true) {
    this.#memory.wasm.grow(3);
    let at = 1024;
    const columns: Column[][] = [];
    this.access = Object.entries(LAYOUT).map(([name, fields]) => {
      const arrays: Column[] = [];
      columns.push(arrays);
      const layouts = Object.entries(fields).map(([field, kind]): FieldLayout => {
        const lanes = field === "axes" ? 3 : 1;
        const array =
          kind === "f32" ? Float32Array : kind === "f64" ? Float64Array : kind === "bool" ? Uint8Array : Int32Array;
        arrays.push(new array(this.memory.buffer as ArrayBuffer, at, ROWS * lanes));
        at += COLUMN_BYTES;
        return { name: field, kind, lanes, nan: name !== "Position" || nan };
      });
      return { name, write: name !== "Velocity", fields: layouts };
    });
    this.columns = columns;
    this.x.set([0, 1, 2, 3, 4, 5, 6, 7]);
    this.column("Velocity", "x").set([1, 1, 1, 1, 2, 2, 2, 2]);
  }

  column(access: keyof typeof LAYOUT, field: string): Column {
    const a = Object.keys(LAYOUT).indexOf(access);
    return this.columns[a]![Object.keys(LAYOUT[access]).indexOf(field)]!;
  }
  get x(): Column {
    return this.column("Position", "x");
  }

  call(index: number, entity: number, values: readonly ScriptValue[]): ScriptValue {
    const name = names[index]!;
    this.calls.push([name, entity, values]);
    if (name === "Fail.refuse") throw new ScriptError("Fail.refuse: refused");
    if (name === "Fail.stop") throw new ScriptStop("spawns", "no more");
    if (name === "Fail.crash") throw new TypeError("a bug of the host");
    return this.result === undefined ? values[0] : this.result;
  }
  text(id: number): string {
    if (id !== 0 && id !== 7) throw new RangeError("no such text");
    return id === 0 ? "" : "seven";
  }
  intern(): number {
    return 0;
  }

  /** All of the world's memory. */
  bytes(): Uint8Array {
    return this.#memory.u8.slice();
  }
  row(row: number): EntityRow {
    return { entity: 101 + row, row, columns: this.columns };
  }
  batch(due: readonly number[] = new Array(ROWS).fill(1), count = ROWS): UpdateBatch {
    return {
      count,
      entities: Int32Array.from({ length: count }, (_, row) => 101 + row),
      instances: Int32Array.from({ length: count }, (_, row) => row + 1),
      due: Uint8Array.from(due),
      columns: this.columns,
    };
  }
}

export interface Started {
  readonly world: GuestWorld;
  readonly domain: ScriptDomain;
  readonly program: number;
  readonly engine: WasmEngine;
}

/** A domain that runs one module. */
export async function startGuest(
  code: Uint8Array,
  budget: Partial<Budget> = {},
  world: GuestWorld = new GuestWorld(),
): Promise<Started> {
  const engine = new WasmEngine({ api: testApi });
  const chunk = await engine.compile({ name: "Guest", file: "guest.wasm", code });
  const domain = engine.open({
    name: "main",
    host: world,
    budget: { ...DEFAULT_BUDGET, ...budget },
    profile: "standard",
  });
  domain.beginTick(1);
  return { world, domain, engine, program: domain.load(chunk, world.access) };
}
