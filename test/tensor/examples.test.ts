import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { BUNDLED_MAP } from "../../examples/city/flags.ts";
import { loadMap } from "../../examples/city/map.ts";
import { CityPolicy, Mind, Senses } from "../../examples/city/policy.ts";
import { City, Position, Velocity } from "../../examples/city/simulation.ts";
import { evolve } from "../../examples/tensor/chase/evolution.ts";
import { heuristic, network, play, worldsOf } from "../../examples/tensor/chase/task.ts";
import { main as fitMain, learn, picture } from "../../examples/tensor/fit-a-function.ts";
import { heuristicScore, train, main as trainMain } from "../../examples/tensor/train-policy.ts";
import { ADDON } from "../../scripts/addon.mjs";
import { currentArena, random, readSafetensors, type Tensor, zeros } from "../../src/tensor.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "tensor-examples-"));
afterAll(() => rmSync(folder, { recursive: true }));
const noAddon = !existsSync(join(root, ADDON)) || process.env["WORLDLOOM_JOBS"] === "reference";
if (noAddon) console.info("both job sets are not compared, and no policy is trained for long: no addon here");

function node(words: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const options = { cwd: folder, encoding: "utf8", env: { ...process.env, NO_COLOR: "1", ...env } } as const;
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, words[0]!), ...words.slice(1)], options);
  return { status, stdout, stderr };
}

describe("fit-a-function", () => {
  test("learns, saves, and draws the same for the same seed", () => {
    const lines: string[] = [];
    const out = join(folder, "fit");
    const bytes = fitMain(["--epochs", "20", "--out", out], (line) => lines.push(line))!;
    expect(lines[0]).toMatch(/^epoch 1: loss 0\.\d{4}/);
    expect(readdirSync(out).sort()).toEqual(["fit.safetensors", "fit.svg"]);
    expect(readSafetensors(bytes).tensors.get("0.weight")!.shape).toEqual([1, 32]);
    expect(fitMain(["--epochs", "20", "--out", join(folder, "again")], () => {})).toEqual(bytes);
    expect(readFileSync(join(folder, "again", "fit.svg"), "utf8")).toBe(readFileSync(join(out, "fit.svg"), "utf8"));
    expect(fitMain(["--epochs", "20", "--seed", "2", "--out", out], () => {})).not.toEqual(bytes);
  });

  test("comes close to the noise", () => {
    const { parameters, history } = learn({ epochs: 60, seed: 1 });
    expect(history.at(-1)!.validation).toBeLessThan(0.06);
    expect(picture(parameters, 1)).toMatch(/^<svg .*<polyline points="[\d., -]+" .*<\/svg>\n$/s);
  });

  test.skipIf(noAddon)("learns the same with the reference of the jobs", () => {
    const [program, out] = ["examples/tensor/fit-a-function.ts", join(folder, "reference")];
    const { status, stderr } = node([program, "--epochs", "3", "--out", out], { WORLDLOOM_JOBS: "reference" });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const bytes = fitMain(["--epochs", "3", "--out", join(folder, "addon")], () => {});
    expect(new Uint8Array(readFileSync(join(out, "fit.safetensors")))).toEqual(new Uint8Array(bytes!));
  });

  test.for([
    ["fit-a-function", join(root, "package.json")],
    ["fit-a-function", "/proc/none/deep"],
    ["fit-a-function", "/proc"],
    ["train-policy", join(root, "package.json")],
  ] as const)("%s finds out before it learns that %s is no folder to write to", ([name, out]) => {
    const found = node([`examples/tensor/${name}.ts`, "--out", out]);
    expect(found).toMatchObject({ status: 1, stdout: "" });
    expect(found.stderr).toMatch(/cannot be written to \(.*\); choose another folder\. \(file-io\)$/m);
    expect(found.stderr).not.toMatch(/^ +at /m);
  });

  test("tells how it is used, and what is wrong", () => {
    const program = "examples/tensor/fit-a-function.ts";
    expect(node([program, "--help"])).toMatchObject({ status: 0, stdout: expect.stringContaining("--epochs N") });
    expect(node([program, "--epochs", "0"])).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("--epochs is 0"),
    });
    expect(node([program, "--nonsense"])).toMatchObject({ status: 2, stderr: expect.stringContaining("--help") });
  });
});

describe("train-policy", () => {
  const words = ["--generations", "2", "--iterations", "3"];
  const run = (name: string, ...more: string[]) =>
    trainMain([...words, ...more, "--out", join(folder, name)], () => {});

  test.skipIf(noAddon)("gives the same parameters for the same seed, bit by bit", () => {
    const [first, again, other] = [run("a"), run("b"), run("c", "--seed", "2")];
    expect(first.map(({ name }) => name)).toEqual(["policy gradients", "evolution"]);
    for (const [i, { bytes, curve }] of first.entries()) {
      expect(again[i]!.bytes).toEqual(bytes);
      expect(again[i]!.curve).toEqual(curve);
      expect(other[i]!.bytes).not.toEqual(bytes);
    }
    expect(first[0]!.bytes).not.toEqual(first[1]!.bytes);
    expect(readdirSync(join(folder, "a")).sort()).toEqual([
      "evolution.safetensors",
      "policy-gradients.safetensors",
      "train.svg",
    ]);
  });

  test.skipIf(noAddon)("gets better by either way", { timeout: 60_000 }, () => {
    const [gradients, evolution] = trainMain(
      ["--iterations", "40", "--generations", "12", "--out", join(folder, "better")],
      () => {},
    );
    for (const { curve } of [gradients!, evolution!])
      expect(curve.score.at(-1)! - curve.score[0]!).toBeGreaterThan(0.3);
    const { live } = currentArena();
    expect(heuristicScore()).toBeGreaterThan(0.6);
    train({ name: "evolution", trainer: evolve, steps: 1, seed: 3 });
    expect(currentArena().live).toBe(live);
  });

  test("plays by rules: at rest at the goal it gains 1, obstacles cost, nobody leaves", () => {
    const still = { ...worldsOf(random.key(1), 3), rate: zeros([2, 3]), phase: zeros([2, 3]), start: zeros([2, 3]) };
    const away = zeros([2, 6, 3]).add(3);
    const gained = play(heuristic, { ...still, centres: away }) as Tensor;
    for (const points of gained.elements()) expect(points).toBeGreaterThan(0.8);
    const inside = play(heuristic, { ...still, centres: zeros([2, 6, 3]) }) as Tensor;
    for (const points of inside.elements()) expect(points).toBeLessThan(0.8);
    const north = play((seen) => network.apply(network.init(random.key(3)), seen), still) as Tensor;
    for (const points of north.elements()) expect(points).toBeGreaterThan(1 - 4.3 - 1);
  });

  test.skipIf(noAddon)("leaves no tensors behind in a steady run", () => {
    const parameters = network.init(random.key(1));
    const training = evolve(parameters, 3, 1);
    training.next();
    const { live, allocations } = currentArena();
    training.next();
    expect(currentArena().live).toBe(live);
    expect(currentArena().allocations).toBe(allocations);
    expect([...training].length).toBe(1);
    expect(currentArena().live).toBeLessThan(live);
  });
});

describe("the city with a policy", () => {
  const map = loadMap(BUNDLED_MAP);
  const cityOf = ({ agents = 1500, churn = 0.02 } = {}): City => {
    const model = new CityPolicy({ map, agents, seed: 1 });
    return new City({ map, agents, seed: 1, radius: 1, churn, parts: [model] });
  };

  test("sees the streets, slows agents down, and remembers", () => {
    const city = cityOf();
    for (let tick = 0; tick < 20; tick++) city.step();
    let [seen, thoughts] = [0, 0];
    for (const { count, position, senses, mind, velocity } of city.world
      .query(Position, Senses, Mind, Velocity)
      .chunks()) {
      for (let i = 0; i < count; i++) {
        for (let lane = 0; lane < 20; lane++) seen += senses.street[i * 20 + lane]!;
        for (let lane = 0; lane < 8; lane++) thoughts += Math.abs(mind.thoughts[i * 8 + lane]!);
        expect(Math.hypot(velocity.x[i]!, velocity.y[i]!)).toBeLessThan(8.1);
        expect(map.cells[Math.floor(position.y[i]!) * map.width + Math.floor(position.x[i]!)]).toBe(1);
      }
    }
    expect(seen / 1500).toBeGreaterThan(8);
    expect(seen / 1500).toBeLessThan(20);
    expect(thoughts / 1500).toBeGreaterThan(0.1);
    city.dispose();
  });

  test("goes on the same from a snapshot, and gives its memory back", () => {
    const before = currentArena().live;
    const city = cityOf();
    for (let tick = 0; tick < 5; tick++) city.step();
    const snapshot = city.world.snapshot();
    const first = Array.from({ length: 10 }, () => city.step());
    city.world.restore(snapshot);
    expect(Array.from({ length: 10 }, () => city.step())).toEqual(first);
    snapshot.dispose();
    city.dispose();
    expect(city.world.arena.usedBlocks).toBe(0);
    expect(currentArena().live).toBe(before);
  });

  test("has the same hashes in every process, and with both job sets", { timeout: 60_000 }, () => {
    const words = [
      "src/cli/main.ts",
      "run",
      "examples/city",
      "--agents",
      "300",
      "--ticks",
      "6",
      "--warmup",
      "0",
      "--json",
    ];
    const hash = (more: readonly string[], env: NodeJS.ProcessEnv = {}): string => {
      const { status, stdout, stderr } = node([...words, ...more], env);
      expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
      return JSON.parse(stdout).hash;
    };
    const city = cityOf({ agents: 300, churn: 0.01 });
    const first = Array.from({ length: 6 }, () => city.step()).at(-1);
    city.dispose();
    expect(hash(["--policy"])).toBe(first);
    expect(hash([])).not.toBe(first);
    if (!noAddon) expect(hash(["--policy"], { WORLDLOOM_JOBS: "reference" })).toBe(first);
  });

  test("goes on with a world from a file, and refuses one that was made without a policy", () => {
    const words = ["src/cli/main.ts", "run", "examples/city", "--agents", "300", "--warmup", "0", "--json"];
    const run = (...more: string[]) => node([...words, ...more]);
    const hashes = [
      run("--policy", "--ticks", "5", "--save", "half.world"),
      run("--policy", "--ticks", "5", "--load", "half.world"),
      run("--policy", "--ticks", "10"),
    ].map(({ status, stdout, stderr }) => {
      expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
      return JSON.parse(stdout).hash;
    });
    expect(hashes[1]).toBe(hashes[2]);
    expect(run("--ticks", "5", "--save", "plain.world").status).toBe(0);
    const refused = run("--policy", "--ticks", "5", "--load", "plain.world");
    expect(refused).toMatchObject({ status: 1, stderr: expect.stringContaining("schema-mismatch") });
  });
});
