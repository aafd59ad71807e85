// @ts-nocheck: the package and its types are there only when the folder above is installed.
// Makes a component of the module that cargo built: `node build.mjs [FOLDER]` writes beacon.component.wasm there or here.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { componentNew } from "@bytecodealliance/jco";

const here = fileURLToPath(new URL(".", import.meta.url));
const module = readFileSync(join(here, "target/wasm32-unknown-unknown/release/beacon.wasm"));
writeFileSync(join(process.argv[2] ?? here, "beacon.component.wasm"), await componentNew(module, []));
