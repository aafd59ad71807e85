// @ts-nocheck: the compiler and its types are there only when this folder is installed.
// Builds the guests in AssemblyScript: `node build.mjs [FOLDER]` writes drift.wasm, swarm.wasm and terrain.wasm, each with its manifest
// in a custom section, to FOLDER or here.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import asc from "assemblyscript/asc";

const here = fileURLToPath(new URL(".", import.meta.url));
const target = process.argv[2] ?? here;

for (const name of ["drift", "swarm", "terrain"]) {
  let built = new Uint8Array(0);
  const { error, stderr } = await asc.main(
    [`${name}.ts`, "--outFile", "out.wasm", "--runtime", "stub", "--use", "abort=", "-O3", "--noAssert", "--debug"],
    {
      readFile: (file) => read(join(here, "assembly", file)),
      writeFile: (file, contents) => {
        if (file.endsWith(".wasm")) built = contents;
      },
      listFiles: () => [],
    },
  );
  if (error !== null) throw new Error(`${error.message}\n${stderr.toString()}`);
  const manifest = Buffer.from(
    JSON.stringify(JSON.parse(readFileSync(join(here, "assembly", `${name}.json`), "utf8"))),
  );
  writeFileSync(join(target, `${name}.wasm`), Buffer.concat([built, custom("worldloom", manifest)]));
}

function read(path) {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}

function custom(name, contents) {
  const body = Buffer.concat([Buffer.from([name.length]), Buffer.from(name), contents]);
  return Buffer.concat([Buffer.from([0]), leb(body.length), body]);
}

function leb(value) {
  const bytes = [];
  for (; value > 127; value >>>= 7) bytes.push((value & 127) | 128);
  return Buffer.from([...bytes, value]);
}
