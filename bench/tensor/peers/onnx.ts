import { createRequire } from "node:module";
import { Tensor } from "onnxruntime-node";
import { type Runner, timed } from "../runner.ts";
import { inputsOf, type Task } from "../task.ts";
import { modelOf } from "./onnx-model.ts";

/** The part of the package's own binding that is used: its public `run` waits for the event loop before every call. */
interface Binding {
  readonly initOrt: () => void;
  readonly binding: { readonly InferenceSession: new () => Session };
}
interface Session {
  loadModel(buffer: ArrayBufferLike, offset: number, bytes: number, options: object): void;
  run(feeds: Record<string, Tensor>, fetches: Record<string, Tensor | null>, options: object): Record<string, Tensor>;
}

const OPTIONS = {
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  executionMode: "sequential",
  graphOptimizationLevel: "all",
  logSeverityLevel: 3,
  executionProviders: ["cpu"],
};

/** ONNX Runtime, one thread, called without a promise, into an output that is kept. Undefined where it has no operator. */
export async function onnxRunner(task: Task): Promise<Runner | undefined> {
  const arrays = inputsOf(task);
  const model = modelOf(task, arrays);
  if (model === undefined) return undefined;
  const { initOrt, binding } = createRequire(import.meta.url)("onnxruntime-node/dist/binding.js") as Binding;
  initOrt();
  const session = new binding.InferenceSession();
  session.loadModel(model.bytes.buffer, 0, model.bytes.byteLength, OPTIONS);
  const typeOf = { f32: "float32", f64: "float64" } as const;
  const feeds = Object.fromEntries(
    model.inputs.map(({ name, dtype, shape }, i) => [name, new Tensor(typeOf[dtype], arrays[i]!, shape)] as const),
  );
  const { name, dtype, shape } = model.output;
  const count = shape.reduce((product, size) => product * size, 1);
  const out = dtype === "f64" ? new Float64Array(count) : new Float32Array(count);
  const fetches = { [name]: new Tensor(typeOf[dtype], out, shape) };
  return {
    reset: () => void out.fill(0),
    time: timed(() => {
      session.run(feeds, fetches, {});
    }),
    result: () => out,
  };
}
