/** A game server whose world lives in a thread of its own: `node examples/server/server.ts [PORT]`. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type HostedWorld, openWorld, WorldloomError } from "../../src/index.ts";
import { DT } from "./world.ts";

const PATHS = "GET /state, /metrics, /joined; POST /join, /steer";
const BODY_MAX = 10_000;

const USAGE = "usage: node examples/server/server.ts [PORT]";
const [word = "8080"] = process.argv.slice(2);
const port = Number(word);
if (word === "--help" || word === "-h") console.log(USAGE);
else if (Number.isInteger(port) && port >= 0 && port < 65_536) await serve(port);
else {
  console.error(USAGE);
  process.exitCode = 2;
}

async function serve(port: number): Promise<void> {
  const world = await openWorld({
    module: new URL("./world.ts", import.meta.url),
    tickMs: DT * 1000,
    timeoutMs: 1000,
    hangMs: 5000,
    onError: (error) => console.error(error.message),
  });
  const server = createServer((request, response) => {
    answer(world, request, response).catch((error) =>
      send(response, statusOf(error), { error: String(error.message) }),
    );
  });
  const stop = async (): Promise<void> => {
    server.close();
    await world.close();
    server.closeAllConnections();
  };
  process.once("SIGINT", stop);
  process.once("SIGTERM", stop);
  server.once("error", ({ message }) => {
    console.error(`Nothing can be served on port ${port} (${message}); choose another one.`);
    process.exitCode = 1;
    void stop();
  });
  await world.start();
  server.listen(port, "127.0.0.1", () => console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`));
}

async function answer(world: HostedWorld, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = request.url?.split("?", 1)[0];
  switch (`${request.method} ${path}`) {
    case "GET /state":
      return send(response, 200, await stateOf(world));
    case "GET /metrics":
      return send(response, 200, await world.metrics());
    case "GET /joined":
      return sendJoined(world, response);
    case "POST /join":
    case "POST /steer":
      await world.input(path === "/join" ? "Join" : "Steer", await bodyOf(request));
      return send(response, 202, {});
    default:
      return send(response, 404, { error: `There are ${PATHS}.` });
  }
}

async function stateOf(world: HostedWorld): Promise<object> {
  const { tick, count, columns, texts } = await world.query({ Position: ["x", "y"], Name: ["text"] });
  const [{ x, y }, { text }] = [columns["Position"]!, texts["Name"] ?? {}];
  return { tick, players: Array.from({ length: count }, (_, i) => ({ name: text![i], x: x![i], y: y![i] })) };
}

/** Each player who joins from now on, as an event of the server. */
async function sendJoined(world: HostedWorld, response: ServerResponse): Promise<void> {
  const joined = world.events("Joined");
  response.on("close", () => void joined.return());
  response.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
  for await (const event of joined) response.write(`data: ${JSON.stringify(event)}\n\n`);
  response.end();
}

async function bodyOf(request: IncomingMessage): Promise<object> {
  let text = "";
  for await (const part of request.setEncoding("utf8")) {
    text += part;
    if (text.length > BODY_MAX) break;
  }
  try {
    return JSON.parse(text) as object;
  } catch {
    throw new WorldloomError("bad-value", "The body must be JSON of at most 10,000 characters.");
  }
}

/** What the client did wrong, or else the server. */
function statusOf(error: { readonly code?: string }): number {
  return error.code === "bad-value" || error.code === "bad-argument" ? 400 : 503;
}

function send(response: ServerResponse, status: number, body: object): void {
  if (response.headersSent) response.destroy();
  else response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}
