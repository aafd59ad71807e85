import { describe, expect, test } from "vitest";
import { readPerfScript } from "../../profiling/perf-script.ts";
import { addStack, emptyTree, totals } from "../../profiling/stacks.ts";

const names = { root: "/home/ada/worldloom", addon: "libworldloom_node.so" };

/** As `perf script` prints it. */
const TEXT = `MainThread 18976/18976 26460.126105:    1001001 cpu-clock:ppp: 
	ffffffff822010c9 _raw_spin_unlock_irqrestore ([kernel.kallsyms])
	ffffffff821f3046 exc_page_fault ([kernel.kallsyms])
	           70ed3 worldloom_core::spatial_build::cells_of::avx512 (/home/ada/worldloom/target/flame/release/libworldloom_node.so)
	           23200 worldloom_node::spatial::build::h0123456789abcdef (/home/ada/worldloom/target/flame/release/libworldloom_node.so)
	          4aa901 v8impl::(anonymous namespace)::FunctionCallbackWrapper::Invoke (/home/ada/worldloom/node_modules/node/bin/node)
	         163608d Builtins_CallApiCallbackGeneric (/home/ada/worldloom/node_modules/node/bin/node)
	    7f7694117f14 JS:~spatialBuild file:///home/ada/worldloom/src/native/addon.ts:76:19 (/tmp/perf-18976.map)
	    7f7694114054 JS:^run file:///home/ada/worldloom/examples/city/simulation.ts:153:12 (/tmp/perf-18976.map)
	    7f7694113e14 JS:*system separate worldloom:systems:1:31 (/tmp/perf-18976.map)
	    7f76940f08d4 JS:~ file:///home/ada/worldloom/src/ecs/tick.ts:67:21 (/tmp/perf-18976.map)
	         16fe16f Builtins_ArrayForEach (/home/ada/worldloom/node_modules/node/bin/node)
	         17e8fc1 Builtins_ConstructHandler (/home/ada/worldloom/node_modules/node/bin/node)
	    7f76940f0000 JS:~tick node:internal/process/task_queues:68:35 (/tmp/perf-18976.map)
	           2724a __libc_start_call_main (/usr/lib/x86_64-linux-gnu/libc.so.6)

some worker 18976/18999 26460.127106:    1001001 cpu-clock:ppp: 
	    7f7694113e14 JS:*system move worldloom:systems:1:31 (/tmp/perf-18976.map)

node 19001/19001 26460.128107:    1001001 cpu-clock:ppp: 
	    7f5dc1ef2ad7 [unknown] ([unknown])
	    7f5dc1ef2ad8 wasm-function[3] (/tmp/perf-19001.map)
	    7ffd1aef2ad7 (deleted) thing (/memfd:doublemapper (deleted))

node 19001/19001 26460.128107:    1001001 cpu-clock:ppp: 
`;

describe("perf script", () => {
  const samples = readPerfScript(TEXT, names);

  test("gives a stack for each sample, outermost frame first, without steps of the engine", () => {
    expect(samples.length).toBe(3);
    expect(samples[0]!.stack.map(({ name, kind, place }) => `${kind} ${name} ${place}`.trim())).toEqual([
      "native __libc_start_call_main",
      "engine tick node:internal/process/task_queues:68",
      "engine ArrayForEach",
      "js (anonymous) src/ecs/tick.ts:67",
      "system system separate",
      "js run examples/city/simulation.ts:153",
      "js spatialBuild src/native/addon.ts:76",
      "engine v8impl::(anonymous namespace)::FunctionCallbackWrapper::Invoke",
      "rust worldloom_node::spatial::build",
      "rust worldloom_core::spatial_build::cells_of::avx512",
      "kernel exc_page_fault",
      "kernel _raw_spin_unlock_irqrestore",
    ]);
    expect(samples[2]!.stack.map(({ name, kind }) => `${kind} ${name}`)).toEqual([
      "native (deleted) thing",
      "js wasm-function[3]",
      "native ([unknown])",
    ]);
  });

  test("adds up by system", () => {
    const tree = emptyTree("all");
    for (const { stack } of [...samples, samples[0]!]) addStack(tree, stack, 1);
    expect(tree.value).toBe(4);
    expect([...totals(tree, ({ kind }) => kind === "system")]).toEqual([
      ["system separate", 2],
      ["system move", 1],
    ]);
  });

  test("a frame within itself counts once", () => {
    const frame = { name: "system a", kind: "system", place: "" } as const;
    const tree = emptyTree("all");
    addStack(tree, [frame, frame], 3);
    expect([...totals(tree, ({ kind }) => kind === "system")]).toEqual([["system a", 3]]);
  });

  test("text that is something else gives nothing", () => {
    expect(readPerfScript("", names)).toEqual([]);
    expect(readPerfScript("failed to open perf.data\n\nno samples", names)).toEqual([]);
  });
});
