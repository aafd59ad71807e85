import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ADDON, ensureAddon } from "../scripts/addon.mjs";
import { isRecent, nodeFault } from "../scripts/node.mjs";
import { packagesFault } from "../scripts/packages.mjs";
import { vulkanEnvironment, vulkanPaths } from "../scripts/vulkan.mjs";

const unix = process.platform !== "win32";
let root = "";

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "worldloom-setup-"));
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(root, { recursive: true, force: true });
});

function write(path: string, text: string): string {
  const file = join(root, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  return file;
}

function program(path: string, text: string): string {
  const file = write(path, `#!/bin/sh\n${text}\n`);
  chmodSync(file, 0o755);
  return file;
}

function lines(path: string): number {
  return existsSync(join(root, path)) ? readFileSync(join(root, path), "utf8").split("\n").length - 1 : 0;
}

describe.runIf(unix)("the addon", () => {
  const builds = () => lines("calls");
  const addon = () => (existsSync(join(root, ADDON)) ? readFileSync(join(root, ADDON), "utf8") : undefined);
  const artifact = (kind: string) =>
    `{"reason":"compiler-artifact","target":{"kind":["${kind}"]},"filenames":["'"$PWD"'/lib.so"]}`;
  const call = 'echo "$@" >> calls';
  const works = () =>
    program("cargo", `${call}; echo built > lib.so; echo '{"reason":"other"}'; echo '${artifact("cdylib")}'`);
  const fails = () => program("cargo", `${call}; echo 'error[E0308]: mismatched types' >&2; exit 101`);

  beforeEach(() => {
    vi.spyOn(console, "error").mockImplementation(() => {}); // it says that it builds
    write("Cargo.toml", "[workspace]");
    write("native/core/src/lib.rs", "pub fn a() {}");
  });

  test("is built once, and again when a source changes", () => {
    const cargo = works();
    expect(ensureAddon(root, { cargo })).toBeUndefined();
    expect([addon(), builds()]).toEqual(["built\n", 1]);
    expect(ensureAddon(root, { cargo })).toBeUndefined();
    expect(builds()).toBe(1);
    write("native/core/src/lib.rs", "pub fn b() {}");
    expect(ensureAddon(root, { cargo })).toBeUndefined();
    expect(builds()).toBe(2);
    write("native/core/src/more.rs", "");
    expect(ensureAddon(root, { cargo })).toBeUndefined();
    expect(builds()).toBe(3);
  });

  test("is built again when the file is not the one that was built", () => {
    const cargo = works();
    ensureAddon(root, { cargo });
    write(ADDON, "something else");
    expect(ensureAddon(root, { cargo })).toBeUndefined();
    expect([addon(), builds()]).toEqual(["built\n", 2]);
  });

  test("needs no cargo while it is current", () => {
    ensureAddon(root, { cargo: works() });
    expect(ensureAddon(root, { cargo: undefined })).toBeUndefined();
    expect(addon()).toBe("built\n");
  });

  test("that is out of date goes where there is no cargo", () => {
    ensureAddon(root, { cargo: works() });
    write("native/core/src/lib.rs", "pub fn b() {}");
    expect(ensureAddon(root, { cargo: undefined })).toMatch(/^No cargo .* reference jobs run instead\.$/);
    expect(addon()).toBeUndefined();
  });

  test("that is out of date goes where the build fails; the failure is not repeated until asked or changed", () => {
    ensureAddon(root, { cargo: works() });
    write("native/core/src/lib.rs", "pub fn b() {}");
    const cargo = fails();
    expect(ensureAddon(root, { cargo })).toMatch(
      /could not be built \(mismatched types, see .*addon.log\).*reference jobs/,
    );
    expect([addon(), builds()]).toEqual([undefined, 2]);
    expect(ensureAddon(root, { cargo })).toMatch(/mismatched types.*npm run setup.*reference jobs/);
    expect(builds()).toBe(2);
    expect(ensureAddon(root, { cargo, retry: true })).toMatch(/mismatched types/);
    expect(builds()).toBe(3);
    write("native/core/src/lib.rs", "pub fn c() {}");
    expect(ensureAddon(root, { cargo: works() })).toBeUndefined();
    expect([addon(), builds()]).toEqual(["built\n", 4]);
  });

  test.for([
    ["cargo that cannot be started", () => join(root, "nowhere"), /cannot be started/],
    ["cargo that makes no library", () => program("cargo", `echo '${artifact("lib")}'`), /no shared library/],
    ["cargo that dies without a word", () => program("cargo", "exit 3"), /cargo failed/],
  ] as const)("%s is one line", ([, cargo, message]) => {
    const line = ensureAddon(root, { cargo: cargo() });
    expect(line).toMatch(message);
    expect(line).not.toContain("\n");
    expect(addon()).toBeUndefined();
  });

  test("a broken note of the last build counts as none", () => {
    const cargo = works();
    ensureAddon(root, { cargo });
    write(".worldloom/addon.json", "{");
    expect(ensureAddon(root, { cargo })).toBeUndefined();
    expect(builds()).toBe(2);
  });
});

describe("packages", () => {
  const lock = {
    "": {},
    "node_modules/a": { version: "1.0.0", integrity: "x" },
    "node_modules/a/node_modules/b": { version: "2.0.0", integrity: "y" },
    "node_modules/c": { version: "3.0.0", integrity: "z", optional: true },
  };
  const install = (packages: object) => {
    write("package-lock.json", JSON.stringify({ packages: lock }));
    write("node_modules/.package-lock.json", JSON.stringify({ packages }));
    write("node_modules/a/package.json", "{}");
    write("node_modules/a/node_modules/b/package.json", "{}");
  };
  const { "": _, "node_modules/c": __, ...installed } = lock;

  test("agree", () => {
    install(installed);
    expect(packagesFault(root)).toBeUndefined();
  });

  test.for([
    ["never installed", () => rmSync(join(root, "node_modules"), { recursive: true }), "none yet"],
    ["deleted by hand", () => rmSync(join(root, "node_modules/a"), { recursive: true }), "a is missing"],
    ["new in the lock file", () => install({ "node_modules/a": installed["node_modules/a"] }), "b is missing"],
    [
      "of another version",
      () => install({ ...installed, "node_modules/a": { version: "1.0.1", integrity: "x" } }),
      "a changed",
    ],
    [
      "of other contents",
      () => install({ ...installed, "node_modules/a": { version: "1.0.0", integrity: "w" } }),
      "a changed",
    ],
    ["without a lock file", () => rmSync(join(root, "package-lock.json")), "no readable package-lock.json"],
  ] as const)("%s", ([, damage, reason]) => {
    install(installed);
    damage();
    expect(packagesFault(root)).toBe(reason);
  });
});

describe("Node", () => {
  test.for([
    ["20.20.2", false],
    ["22.12.0", false],
    ["22.18.0", true],
    ["24.0.0", true],
    ["", false],
  ] as const)("%s", ([version, recent]) => expect(isRecent(version)).toBe(recent));

  test("an old one without the package's own binary is refused, a new one will do", () => {
    expect(nodeFault(root, "20.1.0")).toMatch(/This Node is 20\.1\.0; 22\.18 or later is needed.*npm rebuild node/);
    expect(nodeFault(root, "24.1.0")).toBeUndefined();
  });

  test.runIf(unix)("the package's own binary decides, where it is there", () => {
    program("node_modules/node/bin/node", "echo v24.5.0");
    expect(nodeFault(root, "20.1.0")).toBeUndefined();
    program("node_modules/node/bin/node", "echo v20.5.0");
    expect(nodeFault(root, "24.1.0")).toMatch(/is Node 20\.5\.0.*Delete node_modules/);
    program("node_modules/node/bin/node", "exit 1");
    expect(nodeFault(root, "24.1.0")).toMatch(/does not start.*Delete node_modules/);
  });
});

describe.runIf(unix)("set-up as a whole", () => {
  const setUp = () =>
    spawnSync(process.execPath, [join(root, "scripts/setup.mjs")], {
      encoding: "utf8",
      env: { ...process.env, PATH: join(root, "bin"), WORLDLOOM_JOBS: "reference" },
    });

  beforeEach(() => {
    cpSync(new URL("../scripts", import.meta.url), join(root, "scripts"), { recursive: true });
    write("package-lock.json", JSON.stringify({ packages: { "": {} } }));
  });

  test("installs once and is silent afterwards", () => {
    program("bin/npm", `/bin/mkdir node_modules; echo '{"packages":{}}' > node_modules/.package-lock.json`);
    const first = setUp();
    expect([first.status, first.stderr]).toEqual([0, expect.stringMatching(/^Installing packages in /)]);
    expect(setUp()).toMatchObject({ status: 0, stdout: "", stderr: "" });
  });

  test.for([
    ["npm fails", (): string => program("bin/npm", "echo no network >&2; exit 1"), /no network\n.*"npm ci" failed/s],
    ["there is no npm", (): string => "", /npm cannot be started/],
  ] as const)("fails where %s", ([, prepare, message]) => {
    prepare();
    const run = setUp();
    expect(run.status).toBe(1);
    expect(run.stderr).toMatch(message);
  });
});

describe.runIf(process.platform === "linux")("software Vulkan", () => {
  const fetchDriver = (path = join(root, "bin")) =>
    spawnSync(process.execPath, [join(root, "scripts/software-vulkan.mjs")], {
      encoding: "utf8",
      env: { PATH: path },
    });

  beforeEach(() => {
    cpSync(new URL("../scripts", import.meta.url), join(root, "scripts"), { recursive: true });
    mkdirSync(join(root, "bin"));
  });

  test("is found by programs once it is unpacked, beside the machine's own drivers", () => {
    expect(vulkanEnvironment(root)).toEqual({});
    write(".worldloom/vulkan/lvp_icd.json", "{}");
    vi.stubEnv("LD_LIBRARY_PATH", "/elsewhere");
    const { libraries, manifest } = vulkanPaths(root);
    const environment = { LD_LIBRARY_PATH: `${libraries}:/elsewhere`, VK_ADD_DRIVER_FILES: manifest };
    expect(vulkanEnvironment(root)).toEqual(environment);
    vi.unstubAllEnvs();
    const again = fetchDriver();
    expect(again.status).toBe(0);
    expect(again.stdout).toBe(`export LD_LIBRARY_PATH=${libraries}\nexport VK_ADD_DRIVER_FILES=${manifest}\n`);
  });

  test("says why it cannot be had, and leaves nothing behind", () => {
    const without = fetchDriver();
    expect([without.status, without.stderr]).toEqual([1, expect.stringMatching(/^No software Vulkan: .*by hand\.\n$/)]);
    // An apt that works until it is to fetch something.
    program("bin/apt-get", 'case "$*" in *update*) echo "E: no network" >&2; exit 100;; *indextargets*) echo;; esac');
    const offline = fetchDriver();
    expect([offline.status, offline.stderr]).toEqual([1, expect.stringMatching(/^No software Vulkan: /)]);
    expect(existsSync(join(root, ".worldloom"))).toBe(false);
  });
});
