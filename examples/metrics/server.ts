/** A world at 30 ticks a second that can be watched: `node examples/metrics/server.ts [--port N] [--entities N]`. */
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { parseArgs } from "node:util";
import { Arena, component, createWorld, f32, prometheus, system, write } from "../../src/index.ts";

const USAGE = "usage: node examples/metrics/server.ts [--port 9464] [--entities 10000]";
const TICK_MS = 1000 / 30;
/** A world that has not ticked for so long is not well. */
const LATE_MS = 1000;

const Position = component("Position", { x: f32, y: f32 });
const Velocity = component("Velocity", { x: f32, y: f32 });

const flags = readFlags();
if (flags === "help") console.log(USAGE);
else if (flags === undefined) {
  console.error(USAGE);
  process.exitCode = 2;
} else await serve(flags);

async function serve({ port, entities }: { port: number; entities: number }): Promise<void> {
  const world = createWorld({ components: [Position, Velocity], arena: new Arena() });
  world.spawnMany(entities, Position, [Velocity, { x: 1, y: 0.5 }]);
  const move = system("move", {
    query: [write(Position), Velocity],
    run: ({ query }) => {
      for (const { count, position, velocity } of query.chunks()) {
        for (let i = 0; i < count; i++) {
          position.x[i]! += velocity.x[i]! / 30;
          position.y[i]! += velocity.y[i]! / 30;
        }
      }
    },
  });

  const metrics = await prometheus(world);
  let tickedMs = performance.now();
  let failed = false;
  const timer = setInterval(() => {
    try {
      metrics.time(() => world.step([move]));
      tickedMs = performance.now();
    } catch (error) {
      // The world is as before this tick, and can still be looked at.
      console.error(error);
      failed = true;
      clearInterval(timer);
    }
  }, TICK_MS);

  const server = createServer(async ({ url }, response) => {
    const path = url?.split("?", 1)[0];
    if (path === "/metrics") return answer(response, 200, metrics.contentType, await metrics.text());
    if (path !== "/health") return answer(response, 404, "text/plain", "There are /metrics and /health.\n");
    const status = failed ? "failed" : performance.now() - tickedMs > LATE_MS ? "late" : "ok";
    const body = JSON.stringify({ status, tick: world.tick });
    answer(response, status === "ok" ? 200 : 503, "application/json", body);
  });
  server.listen(port, "127.0.0.1", () => {
    console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`);
  });

  const stop = (): void => {
    clearInterval(timer);
    server.close();
    server.closeAllConnections();
    metrics.dispose();
    world.dispose();
  };
  process.once("SIGINT", stop);
  process.once("SIGTERM", stop);
  server.once("error", ({ message }) => {
    console.error(`Nothing can be served on port ${port} (${message}); choose another one with --port.`);
    process.exitCode = 1;
    stop();
  });
}

function answer(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { "content-type": type }).end(body);
}

function readFlags(): { port: number; entities: number } | "help" | undefined {
  try {
    const help = { type: "boolean", short: "h" } as const;
    const { values } = parseArgs({ options: { help, port: { type: "string" }, entities: { type: "string" } } });
    if (values.help) return "help";
    const port = Number(values.port ?? 9464);
    const entities = Number(values.entities ?? 10_000);
    const fine = Number.isInteger(port) && port >= 0 && port < 65_536 && Number.isInteger(entities) && entities >= 0;
    return fine && entities <= 1_000_000 ? { port, entities } : undefined;
  } catch {
    return undefined;
  }
}
