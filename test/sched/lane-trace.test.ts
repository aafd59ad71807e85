import { expect, it } from "vitest";
import { parallel, simulate, Trace } from "../../src/index.ts";
import { crowdSystems, crowdWorld } from "./crowd.ts";

// Interpreted kernels run on the main thread, and then all systems of their stage do.
it.skipIf(process.env["WORLDLOOM_KERNELS"] === "interpreted")(
  "threads note the parts that they run in the ring of a trace, from its start to its end",
  async () => {
    const world = crowdWorld();
    const executor = parallel({ threads: 2, helps: false, eager: true, commandBytes: 1 << 20 });
    await using simulation = await simulate(world, crowdSystems(), { executor });
    let earlier: Trace | undefined;
    for (let round = 0; round < 2; round++) {
      simulation.step();
      const trace = new Trace(simulation);
      // It is closed, and takes nothing from one that is not.
      earlier?.close();
      earlier = trace;
      simulation.step();
      trace.close();
      simulation.step();
      const parts = new Map<string, number>();
      trace.ring.read(({ kind, name, thread, startMs, endMs, value }) => {
        if (kind !== 3) return;
        expect(thread).toBe(1);
        expect(endMs).toBeGreaterThanOrEqual(startMs);
        const system = trace.names[name]!;
        parts.set(system, (parts.get(system) ?? 0) + value);
      });
      // All entities have velocity and energy, so that each chunk is a part of these, once.
      expect(parts.get("slow")).toBeGreaterThan(10);
      expect(parts.get("tire")).toBe(parts.get("slow"));
      expect(parts.get("drift")).toBeGreaterThan(0);
    }
    world.dispose();
  },
);
