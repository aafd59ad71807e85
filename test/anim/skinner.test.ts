import { afterAll, describe } from "vitest";
import { createSkinner } from "../../src/anim/skinning/create.ts";
import { nativeFault, openGpu } from "./skinner/backends.ts";
import { skinnerSuite } from "./skinner/skinner.suite.ts";

const gpu = await openGpu();
afterAll(() => gpu?.close());

describe.skipIf(gpu === undefined)("webgpu", () => {
  skinnerSuite((arena) => createSkinner({ backend: "webgpu", arena, ...(gpu && { device: gpu.device }) }));
});

describe.skipIf(nativeFault() !== undefined)("native", () => {
  skinnerSuite((arena) => createSkinner({ backend: "native", arena }));
});

describe("reference", () => {
  skinnerSuite((arena) => createSkinner({ backend: "reference", arena }));
});
