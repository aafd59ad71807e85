import {
  bool,
  component,
  createWorld,
  type Executor,
  entity,
  event,
  f32,
  f64,
  kernel,
  kernelFunction,
  resource,
  Simulation,
  schedule,
  u8,
  u32,
} from "../../src/index.ts";

const Body = component("Body", { x: f32, y: f32, flags: u8, heat: f64 });
const Velocity = component("Velocity", { x: f32, y: f32 });
const Leader = component("Leader", { who: entity, lost: bool });
const Hot = component("Hot");
const Melted = event("Melted", { heat: f32 });
const Totals = resource("Totals", { heat: f64, hot: u32 });
const clamp = kernelFunction("clamp", (x: number, low: number, high: number) => (x < low ? low : x > high ? high : x));
const warmth = kernelFunction("warmth", (x: number, k: { clamp: typeof clamp; LIMIT: number }) => {
  if (x < 0) return 0;
  return k.clamp(x, 0, k.LIMIT) * 0.5;
});

const warm = kernel(
  "warm",
  {
    write: [Body],
    read: [Velocity],
    uniforms: { dt: f32 },
    constants: { LIMIT: 90, Flag: { wet: 1, lit: 4 } },
    uses: [clamp, warmth, Hot, Melted, Totals],
  },
  (body, velocity, k) => {
    body.x += velocity.x * k.dt;
    body.y += velocity.y * k.dt;
    if ((body.flags & k.Flag.lit) !== 0) body.heat += 0.1;
    for (let i = 0; i < 4; i++) {
      if (body.heat > 20 * (i + 1)) break;
      body.heat += k.warmth(body.x, k);
    }
    if (body.heat > 60) {
      k.addTag(k.Hot);
      if (body.heat > 85) {
        k.emit(k.Melted, { heat: body.heat });
        k.despawn();
        return;
      }
    }
    k.sum(k.Totals, "heat", body.heat);
    k.count(k.Totals, "hot", body.heat > 60);
  },
);

const follow = kernel("follow", { write: [Velocity, Leader], uses: [Body] }, (velocity, leader, k) => {
  if (leader.who === 0) return;
  if (!k.has(leader.who, k.Body)) {
    leader.lost = true;
    return;
  }
  const other = k.at(leader.who, k.Body);
  const swing = k.random() - 0.5;
  velocity.x = leader.lost ? 0 : velocity.x * 0.9 + (other.y > 3 ? swing : 0.1);
  velocity.y = other.x > 0 && velocity.y < 5 ? velocity.y + 0.1 : -velocity.y;
});

/** The hash of a world after 40 ticks of kernels that say all that a kernel can. */
export async function play(executor: Executor): Promise<string> {
  const world = createWorld({
    components: [Body, Velocity, Leader, Hot],
    events: [Melted],
    resources: [Totals],
    seed: 7,
  });
  let last = 0;
  for (let i = 0; i < 500; i++)
    last = world.spawn(
      [Body, { x: i % 50, y: i / 9, flags: i & 7, heat: i % 61 }],
      [Velocity, { x: 1 - (i % 3), y: i % 2 }],
      [Leader, { who: i % 4 === 0 ? 0 : last }],
    );
  const systems = [warm.system({ uniforms: { dt: 0.1 } }), follow.system({ after: ["warm"] })];
  const simulation = new Simulation(world, schedule({ systems }), executor);
  await simulation.prepare();
  for (let i = 0; i < 40; i++) simulation.step();
  const hash = simulation.hash();
  await simulation.close();
  world.dispose();
  return hash;
}
