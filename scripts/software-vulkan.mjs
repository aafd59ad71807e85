// A software driver for Vulkan, so that skinning on WebGPU is tested on machines without a graphics card: unpacks
// Mesa's lavapipe (24 or later) and what it needs into .worldloom/vulkan and changes nothing else on the machine.
// Packages come through apt, which checks signatures and sums, from the mirror that the machine uses anyway. Debian 12
// has it among its backports. Prints the environment that other programs need; the tests find the folder by themselves.
//
//   npm run software-vulkan
import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { vulkanEnvironment, vulkanPaths } from "./vulkan.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const { folder, libraries, manifest } = vulkanPaths(root);
const DRIVER = "libvulkan_lvp.so";
const LOADER = "libvulkan.so.1";
const MESA_MIN = 24;
/** Seconds for one run of apt. */
const APT_SECONDS = 240;

process.exitCode = run();

function run() {
  if (!existsSync(manifest)) {
    const work = mkdtempSync(join(tmpdir(), "worldloom-vulkan-"));
    try {
      install(unpack(work, fetchPackages(work)));
    } catch (error) {
      rmSync(folder, { recursive: true, force: true });
      console.error(`No software Vulkan: ${error instanceof Error ? error.message : error}`);
      return 1;
    } finally {
      rmSync(work, { recursive: true, force: true });
    }
  }
  for (const [name, value] of Object.entries(vulkanEnvironment(root))) console.log(`export ${name}=${value}`);
  return 0;
}

/**
 * Lets apt fetch the driver and what this machine lacks for it, with lists and caches of its own in `work`.
 * @param {string} work
 * @returns {string} the folder with the packages
 */
function fetchPackages(work) {
  if (process.platform !== "linux" || start("apt-get", ["--version"]).status !== 0)
    throw new Error("it is fetched with apt, which this machine lacks. Install Mesa's lavapipe (24 or later) by hand.");
  const { release, backports } = debianRelease();
  const listed = text("apt-get", ["indextargets", "--format", "$(CREATED_BY) $(RELEASE) $(COMPONENT) $(REPO_URI)"]);
  const mirror = listed
    .split("\n")
    .map((line) => line.split(" "))
    .find(([kind, name, part]) => kind === "Packages" && name === release && part === "main")?.[3];
  if (mirror === undefined) throw new Error(`apt has no source for "${release} main". Add one to its sources.`);

  const keyring = "/usr/share/keyrings/debian-archive-keyring.gpg";
  const suites = backports ? `${release} ${release}-backports` : release;
  const sources = join(work, "vulkan.sources");
  writeFileSync(
    sources,
    `Types: deb\nURIs: ${mirror}\nSuites: ${suites}\nComponents: main\n${existsSync(keyring) ? `Signed-By: ${keyring}\n` : ""}`,
  );
  mkdirSync(join(work, "state", "lists", "partial"), { recursive: true });
  mkdirSync(join(work, "cache", "archives", "partial"), { recursive: true });
  const options = {
    "Dir::Etc::SourceList": sources,
    "Dir::Etc::SourceParts": "/dev/null",
    "Dir::State": join(work, "state"),
    "Dir::State::status": "/var/lib/dpkg/status",
    "Dir::Cache": join(work, "cache"),
    "APT::Sandbox::User": "",
    "APT::Install-Recommends": "0",
    "Acquire::Languages": "none",
    "Debug::NoLocking": "1",
  };
  const words = Object.entries(options).flatMap(([name, value]) => ["-o", `${name}=${value}`]);
  text("apt-get", [...words, "--error-on=any", "update"]);
  const target = backports ? ["-t", `${release}-backports`] : [];
  const wanted = ["mesa-vulkan-drivers", "libvulkan1"];
  // What is installed already is fetched again only where the driver needs a newer one.
  text("apt-get", [...words, ...target, "--yes", "--download-only", "--reinstall", "install", ...wanted]);
  return join(work, "cache", "archives");
}

/** @returns {{ release: string, backports: boolean }} the name of this Debian, and whether its own Mesa is too old */
function debianRelease() {
  const known = Object.fromEntries(
    readFileSync("/etc/os-release", "utf8")
      .split("\n")
      .map((line) => line.replaceAll('"', "").split("=")),
  );
  if (known.ID !== "debian" || !(Number(known.VERSION_ID) >= 12))
    throw new Error(
      `it is fetched for Debian 12 and later, and this is ${known.PRETTY_NAME}. Install Mesa's lavapipe.`,
    );
  return { release: known.VERSION_CODENAME, backports: known.VERSION_ID === "12" };
}

/**
 * @param {string} work
 * @param {string} packages the folder with .deb files
 * @returns {string[]} the folders with their libraries, that of the driver first
 */
function unpack(work, packages) {
  const into = join(work, "root");
  for (const name of readdirSync(packages).filter((name) => name.endsWith(".deb"))) {
    const [, mesa] = /^mesa-vulkan-drivers_(?:\d+(?::|%3a))?(\d+)/.exec(name) ?? [];
    if (mesa !== undefined && Number(mesa) < MESA_MIN)
      throw new Error(`Mesa ${mesa} is too old: ${MESA_MIN} is needed.`);
    text("dpkg-deb", ["-x", join(packages, name), into]);
  }
  const names = readdirSync(into, { recursive: true, encoding: "utf8" });
  const found = names.find((name) => basename(name) === DRIVER);
  if (found === undefined) throw new Error(`the packages do not hold ${DRIVER} for this processor.`);
  const folders = names.filter((name) => /\.so(\.\d+)*$/.test(name)).map((name) => join(into, dirname(name)));
  return [...new Set([join(into, dirname(found)), ...folders])];
}

/**
 * Keeps the driver, the loader and those of the libraries in `from` that they need.
 * @param {string[]} from
 */
function install(from) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(libraries, { recursive: true });
  for (const name of [DRIVER, LOADER]) {
    const path = from.map((one) => join(one, name)).find(existsSync);
    if (path === undefined) throw new Error(`the packages do not hold ${name}.`);
    const lines = text("ldd", [path], { LD_LIBRARY_PATH: from.join(":") }).split("\n");
    const missing = lines.find((line) => line.includes("not found"));
    if (missing !== undefined) throw new Error(`${name} lacks a library: ${missing.trim()}.`);
    const needed = lines.map((line) => /=> (\S+)/.exec(line)?.[1] ?? "");
    for (const one of [path, ...needed.filter((one) => from.includes(dirname(one)))])
      copyFileSync(one, join(libraries, basename(one)));
  }
  const library_path = join(libraries, DRIVER);
  writeFileSync(
    manifest,
    `${JSON.stringify({ file_format_version: "1.0.0", ICD: { library_path, api_version: "1.3.0" } })}\n`,
  );
}

/**
 * What a program printed; throws with its last lines if it failed.
 * @param {string} program
 * @param {string[]} words
 * @param {Record<string, string>} [environment]
 */
function text(program, words, environment = {}) {
  const { status, stdout, stderr, error } = start(program, words, environment);
  if (status === 0) return stdout;
  const last = `${stderr}`.trim().split("\n").slice(-2).join(" ");
  const verb = words.find((word) => ["update", "install", "indextargets"].includes(word)) ?? words[0];
  throw new Error(`"${program} ${verb}" failed: ${error?.message ?? last}`);
}

/** @param {string} program @param {string[]} words @param {Record<string, string>} [environment] */
function start(program, words, environment = {}) {
  return spawnSync(program, words, {
    encoding: "utf8",
    timeout: APT_SECONDS * 1000,
    maxBuffer: 2 ** 28,
    env: { ...process.env, LC_ALL: "C", DEBIAN_FRONTEND: "noninteractive", ...environment },
  });
}
