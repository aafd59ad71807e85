import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const bridge = fileURLToPath(new URL("tensor-rpc.ts", import.meta.url));

/** The answers of the bridge, a line each. */
function ask(...lines: (object | string)[]): unknown[] {
  const input = lines.map((line) => (typeof line === "string" ? line : JSON.stringify(line))).join("\n");
  const { stdout, status, stderr } = spawnSync(process.execPath, [bridge], { input, encoding: "utf8" });
  expect(status, stderr).toBe(0);
  return stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as unknown);
}

const array = (dtype: string, shape: number[], data: unknown[]) => ({ dtype, shape, data });

it("answers values, gradients and errors to a suite in another language", () => {
  const x = array("f64", [2, 2], [1, 2, 3, 4]);
  const answers = ask(
    { id: 1, op: "matmul", args: [x, x] },
    { id: 2, op: "sum", args: [x, 0], kwargs: { keepdims: true } },
    { id: 3, op: "multiply", args: [x, x], grad: true },
    { id: 4, op: "add", args: [array("f32", [3], ["nan", "-inf", "-0"]), array("f32", [3], [1, 1, "-0"])] },
    { id: 5, op: "matmul", args: [x, array("f64", [3, 1], [1, 2, 3])] },
    { id: 6, op: "nothing", args: [] },
    "{",
    { id: "a", op: "split", args: [array("i32", [4], [1, 2, 3, 4]), 2] },
    { id: 8, op: "random.uniform", args: [array("i32", [2], [0, 1]), [2]] },
    { id: 9, op: "constructor", args: [] },
    { id: 10, op: "take", args: [x, array("i32", [1], [7]), 0] },
    {
      id: 11,
      op: "where",
      args: [array("bool", [2], [1, 0]), array("f64", [2], [1, 2]), array("f64", [2], [3, 4])],
      grad: true,
    },
  );
  expect(answers).toMatchObject([
    { id: 1, value: array("f64", [2, 2], [7, 10, 15, 22]) },
    { id: 2, value: array("f64", [1, 2], [4, 6]) },
    { id: 3, grads: [array("f64", [2, 2], [1, 2, 3, 4]), array("f64", [2, 2], [1, 2, 3, 4])] },
    { id: 4, value: array("f32", [3], ["nan", "-inf", "-0"]) },
    { id: 5, error: { code: "tensor-shape", message: expect.stringMatching(/matmul/) } },
    { id: 6, error: { code: "TypeError" } },
    { id: null, error: { code: "SyntaxError" } },
    { id: "a", value: [array("i32", [2], [1, 2]), array("i32", [2], [3, 4])] },
    { id: 8, value: { dtype: "f32", shape: [2] } },
    { id: 9, error: { code: "TypeError" } },
    { id: 10, error: { code: "tensor-index" } },
    { id: 11, grads: [null, array("f64", [2], [1, 0]), array("f64", [2], [0, 1])] },
  ]);
});
