import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { component, createWorld, f32, simulate } from "../../../src/index.ts";
import { LuaDebugger } from "../../../src/script/debug/debugger.ts";
import { DebugRequests } from "../../../src/script/debug/requests.ts";
import { createScripts, type LuaEngine, luaEngine, type Script, type ScriptFault } from "../../../src/script.ts";

export const Position = component("Position", { x: f32, y: f32 });

/** A script that tests debug, with two entities. */
export const CODE = `script { state = { hp = 10, name = "bo", fast = true }, writes = { "Position" } }
local count = 0
items = { "a", "b", size = 2.5, deep = { x = { y = 1 } } }

local function add(a, b)
  local sum = a + b
  return sum
end

function onUpdate(self, dt)
  local x = self.Position.x
  count = count + 1
  local text = "t" .. count
  x = add(x, 1)
  self.Position.x = x
  for i = 1, 3 do
    self.State.hp = self.State.hp + i
  end
end
`;
export const START = { entities: 2 };

// biome-ignore lint/suspicious/noExplicitAny: bodies of the protocol
export type Body = any;
export type Ask = (command: string, given?: object) => Body;

/** A world whose scripts are debugged by a client in the same thread: at each stop the next function of `stops` runs. */
export class DebugStage {
  readonly path: string;
  readonly events: { event: string; body: Body }[] = [];
  readonly stops: ((ask: Ask, stop: Body) => void)[] = [];
  readonly faults: ScriptFault[] = [];
  readonly ended: boolean[] = [];
  readonly debug: LuaDebugger;
  readonly ask: Ask;
  readonly engines: LuaEngine[] = [];
  #last: Body;
  world!: ReturnType<typeof createWorld>;
  script!: Script;
  #game!: Awaited<ReturnType<typeof simulate>>;
  #scripts!: ReturnType<typeof createScripts>;

  constructor(code: string) {
    this.path = join(mkdtempSync(join(tmpdir(), "debug-")), "test.lua");
    writeFileSync(this.path, code);
    const emit = (event: string, body: Body): void => {
      this.events.push({ event, body });
      if (event === "stopped") this.#last = body;
    };
    this.debug = new LuaDebugger({
      pending: () => false,
      serve: () => {},
      emit,
      wait: () => {
        const next = this.stops.shift();
        if (next === undefined) this.ask("continue");
        else next(this.ask, this.#last);
        if (next !== undefined && this.stops.length === 0 && this.debug.stopped !== undefined) this.ask("continue");
      },
    });
    const end = (terminate: boolean): void => void this.ended.push(terminate);
    const requests = new DebugRequests(this.debug, { start: () => {}, configured: () => {}, end }, emit);
    this.ask = (command, given = {}) => requests.answer(command, given as Record<string, unknown>);
    this.debug.sources.add({ name: "test", file: this.path });
  }

  /** With as many entities; without `debugged` nobody looks. */
  static async of(code: string, { entities = 1, debugged = true, budget = {} } = {}): Promise<DebugStage> {
    const stage = new DebugStage(code);
    const engine = await luaEngine();
    stage.engines.push(engine);
    if (debugged) stage.debug.attach(engine);
    const scripts = createScripts({ engines: [engine], components: [Position], budget });
    const script = await scripts.add({ name: "test", code, file: stage.path });
    stage.script = script;
    scripts.onFault((fault) => stage.faults.push(fault));
    stage.world = createWorld({
      components: [Position, ...scripts.components],
      resources: scripts.resources,
      events: scripts.events,
      inputs: scripts.inputs,
      seed: 3,
    });
    for (let i = 0; i < entities; i++) stage.world.spawn([Position, { x: i, y: 2 * i }], script.component);
    stage.#game = await simulate(stage.world, scripts.systems());
    stage.#scripts = scripts;
    return stage;
  }

  breakAt(...lines: readonly (number | object)[]): Body[] {
    const breakpoints = lines.map((line) => (typeof line === "number" ? { line } : line));
    return this.ask("setBreakpoints", { source: { path: this.path }, breakpoints }).breakpoints;
  }

  step(ticks = 1): void {
    for (let i = 0; i < ticks; i++) this.#game.step();
  }

  /** Reasons and lines of all stops so far. */
  get output(): string[] {
    return this.events.filter(({ event }) => event === "output").map(({ body }) => body.output.trimEnd());
  }

  async end(): Promise<string> {
    const hash = this.world.hash();
    await this.#game.close();
    this.#scripts.dispose();
    return hash;
  }
}

/** The line and function of the innermost frame. */
export function top(ask: Ask): string {
  const [frame] = ask("stackTrace", { threadId: 1 }).stackFrames;
  return `${frame.name}:${frame.line}`;
}

/** Names and values of a scope of a frame. */
export function scope(ask: Ask, name: string, frameId = 1): Record<string, string> {
  const found = ask("scopes", { frameId }).scopes.find((one: Body) => one.name === name);
  const { variables } = ask("variables", { variablesReference: found.variablesReference });
  return Object.fromEntries(variables.map((one: Body) => [one.name, one.value]));
}
