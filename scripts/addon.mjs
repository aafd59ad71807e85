// The native addon: built with cargo from the sources beside it, kept only while it belongs to them.
// Plain JavaScript without dependencies: set-up uses it before any package exists, and the published package ships it.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { homedir } from "node:os";
import { delimiter, dirname, join, relative } from "node:path";

/** Where the addon lies, relative to the folder of package.json. */
export const ADDON = join("native", "worldloom.node");
/** What set-up remembers about the last build. */
const NOTE = join(".worldloom", "addon.json");
/** What cargo said when the last build failed. */
const LOG = join(".worldloom", "addon.log");
const INSTEAD = "the TypeScript reference jobs run instead.";

/** @typedef {{ sources: string, addon?: string, fault?: string }} Note digests of sources and addon; why a build failed */

/**
 * Builds the addon if its sources changed since the last build. An addon that does not belong to the sources is
 * removed: whatever stands at {@link ADDON} afterwards is current.
 * @param {string} root folder of package.json
 * @param {{ retry?: boolean, cargo?: string | undefined }} [options] `retry`: build even if these sources failed before
 * @returns {string | undefined} one line for people where there is no addon
 */
export function ensureAddon(root, options = {}) {
  const addon = join(root, ADDON);
  const sources = digestOfSources(root);
  const note = readNote(root);
  const current = note?.sources === sources;
  if (current && note.addon !== undefined && existsSync(addon) && digestOf(addon) === note.addon) return undefined;
  rmSync(addon, { force: true });
  const cargo = "cargo" in options ? options.cargo : findCargo();
  if (cargo === undefined) return `No cargo on this machine, so no native addon: ${INSTEAD}`;
  if (current && note.fault !== undefined && !options.retry) {
    return `The native addon is not there (last build: ${note.fault}; "npm run setup" tries again): ${INSTEAD}`;
  }
  console.error("Building the native addon ...");
  const built = build(root, cargo);
  if ("fault" in built) {
    writeNote(root, { sources, fault: built.fault });
    return `The native addon could not be built (${built.fault}): ${INSTEAD}`;
  }
  const fresh = `${addon}.${process.pid}.tmp`;
  copyFileSync(built.library, fresh);
  renameSync(fresh, addon); // a process that runs on the old one keeps it
  writeNote(root, { sources, addon: digestOf(addon) });
  return undefined;
}

/** @returns {string | undefined} path of cargo: on PATH, or where rustup puts it */
export function findCargo() {
  const file = process.platform === "win32" ? "cargo.exe" : "cargo";
  const folders = (process.env.PATH ?? "").split(delimiter).filter((folder) => folder !== "");
  folders.push(join(process.env.CARGO_HOME ?? join(homedir(), ".cargo"), "bin"));
  return folders.map((folder) => join(folder, file)).find((path) => existsSync(path));
}

/**
 * @param {string} root
 * @param {string} cargo
 * @returns {{ library: string } | { fault: string }} path of the library that cargo made
 */
function build(root, cargo) {
  const run = spawnSync(
    cargo,
    ["build", "--release", "--package", "worldloom-node", "--message-format", "json-render-diagnostics"],
    {
      cwd: root,
      encoding: "utf8",
      maxBuffer: 1 << 28,
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  if (run.error !== undefined) return { fault: `cargo cannot be started: ${run.error.message}` };
  if (run.status !== 0) {
    writeNew(join(root, LOG), run.stderr);
    return { fault: `${firstError(run.stderr)}, see ${LOG}` };
  }
  for (const line of run.stdout.split("\n")) {
    if (!line.startsWith("{")) continue;
    const message = JSON.parse(line);
    if (message.reason !== "compiler-artifact" || !message.target.kind.includes("cdylib")) continue;
    const library = message.filenames.find((/** @type {string} */ name) => /\.(so|dylib|dll)$/.test(name));
    if (library !== undefined) return { library };
  }
  return { fault: "cargo made no shared library" };
}

/** @param {string} output of cargo @returns {string} */
function firstError(output) {
  const line = output.split("\n").find((text) => text.startsWith("error"));
  return line?.replace(/^error(\[\w+\])?: /, "").trim() ?? "cargo failed";
}

/**
 * One digest over paths and contents of everything that goes into the addon.
 * @param {string} root
 */
function digestOfSources(root) {
  const hash = createHash("sha256").update(`${process.platform} ${process.arch}\n`);
  const files = ["Cargo.toml", "Cargo.lock", "rust-toolchain.toml"].map((name) => join(root, name));
  files.push(...sourcesUnder(join(root, "native")));
  for (const file of files) {
    if (!existsSync(file)) continue;
    const bytes = readFileSync(file);
    hash.update(`${relative(root, file)}\n${bytes.length}\n`).update(bytes);
  }
  return hash.digest("hex");
}

/** @param {string} folder @returns {string[]} its Rust sources and manifests, sorted, without build output */
function sourcesUnder(folder) {
  if (!existsSync(folder)) return [];
  const entries = readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  return entries.flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === "target" ? [] : sourcesUnder(path);
    return /\.(rs|toml|lock)$/.test(entry.name) ? [path] : [];
  });
}

/** @param {string} file @returns {string} */
function digestOf(file) {
  return createHash("sha256").update(readFileSync(file)).digest("hex");
}

/** @param {string} root @returns {Note | undefined} */
function readNote(root) {
  try {
    return JSON.parse(readFileSync(join(root, NOTE), "utf8"));
  } catch {
    return undefined;
  }
}

/** @param {string} root @param {Note} note */
function writeNote(root, note) {
  writeNew(join(root, NOTE), `${JSON.stringify(note)}\n`);
}

/** @param {string} file @param {string} text */
function writeNew(file, text) {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}
