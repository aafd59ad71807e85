import { type TraceEvent, type TraceRing, traceKind } from "./ring.ts";

/** An event of the format of Chrome traces; times in microseconds. */
interface ChromeEvent {
  readonly name: string;
  readonly cat?: string;
  /** X: from `ts` for `dur`. C: a counter. M: about the process or a thread. */
  readonly ph: "X" | "C" | "M";
  readonly ts: number;
  readonly dur?: number;
  readonly pid: 1;
  readonly tid: number;
  readonly args: Record<string, number | string>;
}

/** The events of a ring as JSON. Counters of one tick share its end. */
export function chromeTrace(ring: TraceRing, names: readonly string[], process: string): string {
  let firstMs = Number.POSITIVE_INFINITY;
  ring.read(({ startMs }) => {
    firstMs = Math.min(firstMs, startMs);
  });
  const events: ChromeEvent[] = [];
  const threads = new Set([0]);
  /** The last event of each system, for the number of its commands. */
  const systems = new Map<number, ChromeEvent>();
  ring.read((event) => {
    threads.add(event.thread);
    const made = chromeEvent(event, names, firstMs);
    events.push(made);
    if (event.kind === traceKind.system) systems.set(event.name, made);
    if (event.kind === traceKind.commands) {
      const system = systems.get(event.name);
      if (system !== undefined) system.args["commands"] = event.value;
    }
  });
  // Whoever contains others comes first.
  events.sort((a, b) => a.ts - b.ts || (b.dur ?? 0) - (a.dur ?? 0));
  const all = [
    named("process_name", 0, process),
    ...[...threads].sort((a, b) => a - b).map((thread) => named("thread_name", thread, threadName(thread))),
    ...events,
  ];
  return `{"displayTimeUnit":"ms","traceEvents":[\n${all.map((event) => JSON.stringify(event)).join(",\n")}\n]}\n`;
}

function chromeEvent(event: TraceEvent, names: readonly string[], firstMs: number): ChromeEvent {
  const { kind, thread, startMs, endMs, value } = event;
  const ts = microseconds(startMs - firstMs);
  const place = { ts, pid: 1, tid: thread } as const;
  const name = names[event.name] ?? "";
  if (kind === traceKind.counter) return { name, ph: "C", ...place, args: { [name]: value } };
  const [title, cat, args] = described(kind, name, value);
  // As the difference of rounded times, so that what is contained stays so.
  return { name: title, cat, ph: "X", ...place, dur: microseconds(microseconds(endMs - firstMs) - ts, 1), args };
}

function described(
  kind: number,
  name: string,
  value: number,
): [name: string, category: string, args: Record<string, number>] {
  switch (kind) {
    case traceKind.tick:
      return [`tick ${value}`, "tick", { tick: value }];
    case traceKind.dropped:
      return [`tick ${value}, dropped`, "tick", { tick: value }];
    case traceKind.system:
      return [name, "system", { entities: value, commands: 0 }];
    case traceKind.part:
      return [name, "part", { chunks: value }];
    case traceKind.commands:
      return [`commands of ${name}`, "commands", { commands: value }];
    case traceKind.sync:
      return [`sync after stage ${value + 1}`, "sync", { stage: value + 1 }];
    default:
      return ["hash", "hash", {}];
  }
}

function named(what: "process_name" | "thread_name", tid: number, name: string): ChromeEvent {
  return { name: what, ph: "M", ts: 0, pid: 1, tid, args: { name } };
}

function threadName(thread: number): string {
  return thread === 0 ? "main" : `thread ${thread}`;
}

/** To the nanosecond. */
function microseconds(time: number, perUnit = 1000): number {
  return Math.round(time * perUnit * 1000) / 1000;
}
