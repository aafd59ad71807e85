import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { vulkanEnvironment } from "./scripts/vulkan.mjs";

const entries: Record<string, string | { default: string }> = JSON.parse(
  readFileSync(new URL("package.json", import.meta.url), "utf8"),
).exports;
const report = process.env.WORLDLOOM_TEST_REPORT;

export default defineConfig({
  // The public entry points under their public names, from the sources.
  resolve: {
    alias: Object.entries(entries).flatMap(([name, target]) =>
      typeof target === "string"
        ? []
        : {
            find: new RegExp(`^worldloom${name.slice(1)}$`),
            replacement: fileURLToPath(new URL(sourceOf(target.default), import.meta.url)),
          },
    ),
  },
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: "test/scratch-folder.ts",
    env: {
      // Worlds check what systems do against their declarations, unless the environment says otherwise.
      WORLDLOOM_CHECKED: process.env.WORLDLOOM_CHECKED ?? "1",
      // Skinning on WebGPU is tested on a software driver where `npm run software-vulkan` has fetched one.
      ...vulkanEnvironment(fileURLToPath(new URL("./", import.meta.url))),
    },
    pool: "forks",
    // Each thread of a test takes types off sources in WebAssembly. When it calls what that imports often, V8 13 compiles the
    // way there, and may crash if another thread ends meanwhile (nodejs/node#64500): so often is never.
    execArgv: ["--wasm-wrapper-tiering-budget=1000000000"],
    maxWorkers: 2,
    // Generous: time never decides a test, and the reference jobs are slow.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    reporters: report === undefined ? ["default"] : ["default", ["json", { outputFile: report }]],
  },
});

/** `./dist/a.js` -> `./src/a.ts` */
function sourceOf(built: string): string {
  return built.replace(/^\.\/dist\//, "./src/").replace(/\.js$/, ".ts");
}
