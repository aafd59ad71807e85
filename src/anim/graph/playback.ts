import { WorldloomError } from "../../core/errors.ts";
import { type BlendWeights, blendAlong, blendOn, blendWeights } from "./blend-space.ts";
import { SLOTS } from "./definition.ts";
import type { AnimationGraph, GraphStateRow, LayerRow } from "./graph.ts";

/** Numbers by row: a column. */
export type Numbers = { [index: number]: number };

/**
 * What a graph remembers about entities, as columns. Row `r` of layer `l` of `n` has the {@link SLOTS} elements from `(r * n + l) * SLOTS` on: the
 * state in charge, then those that it took over from.
 */
export interface PlaybackColumns {
  /** Number of the state from 1; 0: the slot is empty. */
  readonly state: Numbers;
  /** Seconds in the clip, within it; in a blend space the part of the cycle, 0 to 1. */
  readonly time: Numbers;
  /** Cycles that were played since the state began. */
  readonly cycles: Numbers;
  /** How far the state has taken over: 0 to 1. */
  readonly fade: Numbers;
  /** Seconds that this takes in all. */
  readonly fadeSeconds: Numbers;
  /** Two for each slot: the place in a blend space. */
  readonly place: Numbers;
  /** A column for each parameter of the graph, in its order. */
  readonly parameters: readonly Numbers[];
}

/** Clips that play at the same time in one layer of one entity. Rows of further ones follow each other. */
export class Plays {
  count = 0;
  /** How much of the layer plays: 1 but where a state is empty. */
  share = 1;
  /** Numbers of {@link AnimationGraph.clips}. */
  clip: Int32Array<ArrayBuffer> = new Int32Array(SLOTS * 3);
  /** Seconds in the clip. */
  readonly time: Float64Array = new Float64Array(SLOTS * 3);
  /** Seconds in the clip before the last update, and how many it went on from there, below 0 if backwards. */
  readonly before: Float64Array = new Float64Array(SLOTS * 3);
  readonly moved: Float64Array = new Float64Array(SLOTS * 3);
  /** Together {@link share} but for rounding. */
  readonly weight: Float64Array = new Float64Array(SLOTS * 3);
  /** Places in the graph: the state that plays the clip. */
  readonly state: Int32Array = new Int32Array(SLOTS * 3);
  /** 1 where the state is in charge; 2 where it has only begun, so that what happens at time 0 happens now. */
  readonly leading: Uint8Array = new Uint8Array(SLOTS * 3);
}

/** Cycles may end this early: sums of ticks are rounded. */
const CYCLE_SLACK = 1e-9;

/**
 * Plays graphs: a pure function of columns. `durations` are seconds by clip of the graph. Columns may hold anything, as they come from files
 * and scripts: numbers that are not finite, or outside their range, count as the nearest that is or as the start. A state that the graph does not have throws
 * `anim-graph`.
 */
export class Playback {
  readonly graph: AnimationGraph;
  readonly plays: Plays = new Plays();
  readonly #before = new Float64Array(SLOTS);
  readonly #moved = new Float64Array(SLOTS);
  #begun = false;
  readonly #weights: BlendWeights = blendWeights();

  constructor(graph: AnimationGraph) {
    this.graph = graph;
  }

  /**
   * Goes on by `dt` seconds, not below 0, in one layer of one row, and leaves in {@link plays} what plays then. Clips play
   * `rate` times as fast, backwards below 0. A row that has not begun enters the initial state, at its start. Call
   * {@link follow} after it.
   */
  advance(
    columns: PlaybackColumns,
    row: number,
    layer: number,
    dt: number,
    rate: number,
    durations: ArrayLike<number>,
  ): void {
    const { graph } = this;
    const { states, initial } = graph.layers[layer]!;
    const base = (row * graph.layers.length + layer) * SLOTS;
    const { state, fade, fadeSeconds } = columns;
    this.#before.fill(0);
    this.#moved.fill(0);
    this.#begun = state[base] !== 0 && columns.cycles[base] === 0;
    if (state[base] === 0) {
      this.#enter(columns, row, base, initial, states[initial]!, 0);
      clear(columns, base, 1);
    } else {
      for (let k = 0; k < SLOTS; k++) {
        const at = base + k;
        if (state[at] === 0) break;
        this.#advanceSlot(columns, row, at, k, this.#stateAt(layer, state[at]!), dt, rate, durations);
        if (fade[at] !== 1) {
          const next = Math.fround(fade[at]! + dt / fadeSeconds[at]!);
          fade[at] = next >= 0 && next < 1 ? next : 1;
        }
      }
      for (let k = 0; k + 1 < SLOTS; k++)
        if (state[base + k] !== 0 && fade[base + k] === 1) clear(columns, base, k + 1);
    }
    this.collect(columns, row, layer, durations);
  }

  /** Leaves in {@link plays} what plays in one layer of one row. Nothing where it has not begun. */
  collect(columns: PlaybackColumns, row: number, layer: number, durations: ArrayLike<number>): Plays {
    const { graph, plays } = this;
    const base = (row * graph.layers.length + layer) * SLOTS;
    plays.count = 0;
    plays.share = 1;
    let rest = 1;
    for (let k = 0; k < SLOTS; k++) {
      const at = base + k;
      const number = columns.state[at]!;
      if (number === 0 || !(rest > 0)) break;
      const last = k + 1 === SLOTS || columns.state[at + 1] === 0;
      const fade = columns.fade[at]!;
      const share = last || !(fade >= 0 && fade < 1) ? rest : rest * fade;
      rest -= share;
      const state = this.#stateAt(layer, number);
      if (state.kind === "empty") plays.share -= share;
      else if (share > 0) this.#collectSlot(columns, at, k, number - 1, state, share, durations);
    }
    return plays;
  }

  /** Takes the first transition that is open, if one is. */
  follow(columns: PlaybackColumns, row: number, layer: number, durations: ArrayLike<number>): void {
    const { graph } = this;
    const { states, transitions } = graph.layers[layer]!;
    const base = (row * graph.layers.length + layer) * SLOTS;
    if (columns.state[base] === 0) return;
    const current = columns.state[base]! - 1;
    const from = this.#stateAt(layer, columns.state[base]!);
    for (let i = 0; i < transitions.length; i++) {
      const transition = transitions[i]!;
      if (transition.from[current] === 0 || columns.cycles[base]! + CYCLE_SLACK < transition.after) continue;
      if (!holds(transition.conditions, columns, row)) continue;
      for (const trigger of transition.triggers) columns.parameters[trigger]![row] = 0;
      const phase = transition.sync ? phaseOf(from, columns.time[base]!, durations) : 0;
      for (let k = SLOTS - 1; k > 0; k--) move(columns, base + k - 1, base + k);
      const target = states[transition.to]!;
      this.#enter(
        columns,
        row,
        base,
        transition.to,
        target,
        phase * (target.kind === "clip" ? durations[target.clips[0]!]! : 1),
      );
      if (transition.fade > 0) {
        columns.fade[base] = 0;
        columns.fadeSeconds[base] = transition.fade;
      } else clear(columns, base, 1);
      return;
    }
  }

  #enter(columns: PlaybackColumns, row: number, at: number, number: number, state: GraphStateRow, time: number): void {
    columns.state[at] = number + 1;
    columns.time[at] = time;
    columns.cycles[at] = 0;
    columns.fade[at] = 1;
    columns.fadeSeconds[at] = 0;
    columns.place[at * 2] = state.x < 0 ? 0 : toward(0, columns.parameters[state.x]![row]!, 1);
    columns.place[at * 2 + 1] = state.y < 0 ? 0 : toward(0, columns.parameters[state.y]![row]!, 1);
  }

  /** A state by its number from 1. */
  #stateAt(layer: number, number: number): GraphStateRow {
    const { name, states } = this.graph.layers[layer]!;
    const state = states[number - 1];
    if (state !== undefined) return state;
    throw new WorldloomError(
      "anim-graph",
      `Layer "${name}" of graph ${this.graph.name} is in state ${number}, but has the states 1 to ${states.length}; set its states to 0 to begin anew.`,
      { graph: this.graph.name, layer: name, state: number },
    );
  }

  #advanceSlot(
    columns: PlaybackColumns,
    row: number,
    at: number,
    k: number,
    state: GraphStateRow,
    dt: number,
    rate: number,
    durations: ArrayLike<number>,
  ): void {
    const { time, cycles, place, parameters } = columns;
    const step = orZero(dt * rate * (state.speedParameter < 0 ? state.speed : parameters[state.speedParameter]![row]!));
    if (state.kind !== "clip") {
      const share = state.damping > dt ? dt / state.damping : 1;
      if (state.x >= 0) place[at * 2] = toward(place[at * 2]!, parameters[state.x]![row]!, share);
      if (state.y >= 0) place[at * 2 + 1] = toward(place[at * 2 + 1]!, parameters[state.y]![row]!, share);
    }
    const length = this.#cycleSeconds(state, place[at * 2]!, place[at * 2 + 1]!, durations);
    const moved = length > 0 ? orZero(state.kind === "clip" ? step : step / length) : 0;
    const whole = state.kind === "clip" ? length : 1;
    const before = time[at]! >= 0 && time[at]! <= whole ? time[at]! : 0;
    this.#before[k] = before;
    this.#moved[k] = moved;
    const passed = length > 0 ? (step < 0 ? -step : step) / length : 1;
    cycles[at] = cycles[at]! >= 0 ? cycles[at]! + passed : passed;
    let next = before + moved;
    if (state.wrap === "clamp") next = next > 0 ? (next < whole ? next : whole) : 0;
    else {
      next -= Math.floor(next / whole) * whole;
      // The difference of a number just below a multiple is rounded up to it, that of a huge one to anything.
      if (!(next >= 0 && next < whole)) next = 0;
    }
    time[at] = next;
  }

  /** Seconds until a state plays the same again. */
  #cycleSeconds(state: GraphStateRow, x: number, y: number, durations: ArrayLike<number>): number {
    if (state.kind === "empty") return 0;
    if (state.kind === "clip") return durations[state.clips[0]!]! * (state.wrap === "ping-pong" ? 2 : 1);
    const { count, points, weights } = this.#weightsAt(state, x, y);
    let seconds = 0;
    for (let i = 0; i < count; i++) seconds += weights[i]! * durations[state.clips[points[i]!]!]!;
    return seconds;
  }

  #weightsAt(state: GraphStateRow, x: number, y: number): BlendWeights {
    if (state.plane !== undefined) blendOn(state.plane, x, y, this.#weights);
    else blendAlong(state.at, x, this.#weights);
    return this.#weights;
  }

  #collectSlot(
    { time, place }: PlaybackColumns,
    at: number,
    k: number,
    number: number,
    state: GraphStateRow,
    share: number,
    durations: ArrayLike<number>,
  ): void {
    const { count, points, weights } = this.#weightsAt(state, place[at * 2]!, place[at * 2 + 1]!);
    const { plays } = this;
    for (let i = 0; i < count; i++) {
      const n = plays.count++;
      const clip = state.clips[points[i]!]!;
      const scale = state.kind === "clip" ? 1 : durations[clip]!;
      plays.clip[n] = clip;
      plays.time[n] = orZero(time[at]! * scale);
      plays.before[n] = this.#before[k]! * scale;
      plays.moved[n] = orZero(this.#moved[k]! * scale);
      plays.weight[n] = share * weights[i]!;
      plays.state[n] = number;
      plays.leading[n] = k > 0 ? 0 : this.#begun ? 2 : 1;
    }
  }
}

function holds(
  conditions: LayerRow["transitions"][number]["conditions"],
  columns: PlaybackColumns,
  row: number,
): boolean {
  for (let i = 0; i < conditions.length; i++) {
    const { parameter, above, below } = conditions[i]!;
    const value = columns.parameters[parameter]![row]!;
    if (!(value > above && value < below)) return false;
  }
  return true;
}

/** Which part of its cycle a state is in: 0 to 1. */
function phaseOf(state: GraphStateRow, time: number, durations: ArrayLike<number>): number {
  if (state.kind === "empty") return 0;
  if (state.kind !== "clip") return time;
  const seconds = durations[state.clips[0]!]!;
  if (!(seconds > 0)) return 0;
  const phase = time / seconds;
  return phase < 1 ? phase : state.wrap === "ping-pong" && phase < 2 ? 2 - phase : 0;
}

/** A part of the way; what is not finite is not followed. */
function toward(from: number, to: number, share: number): number {
  if (!Number.isFinite(to)) return orZero(from);
  return share === 1 || !Number.isFinite(from) ? to : Math.fround(from + (to - from) * share);
}

function orZero(x: number): number {
  return Number.isFinite(x) ? x : 0;
}

function clear(columns: PlaybackColumns, base: number, from: number): void {
  for (let k = from; k < SLOTS; k++) {
    const at = base + k;
    columns.state[at] = 0;
    columns.time[at] = 0;
    columns.cycles[at] = 0;
    columns.fade[at] = 0;
    columns.fadeSeconds[at] = 0;
    columns.place[at * 2] = 0;
    columns.place[at * 2 + 1] = 0;
  }
}

function move(columns: PlaybackColumns, from: number, to: number): void {
  const { state, time, cycles, fade, fadeSeconds, place } = columns;
  state[to] = state[from]!;
  time[to] = time[from]!;
  cycles[to] = cycles[from]!;
  fade[to] = fade[from]!;
  fadeSeconds[to] = fadeSeconds[from]!;
  place[to * 2] = place[from * 2]!;
  place[to * 2 + 1] = place[from * 2 + 1]!;
}
