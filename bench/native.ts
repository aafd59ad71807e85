/** What each job costs, addon and reference: `node bench/native.ts [--threads=N] [name ...]`, N threads of the addon. */
import { addonJobs } from "../src/native/addon.ts";
import { type ElementType, elementBytes, elementCode } from "../src/native/element.ts";
import { type Jobs, NO_PARENT } from "../src/native/jobs.ts";
import { Memory } from "../src/native/memory.ts";
import { referenceJobs } from "../src/native/reference/index.ts";
import { type Case, MIB } from "./native-case.ts";
import { crowdCases } from "./native-crowd.ts";

const memory = new Memory({ bytesMax: 512 * MIB });
memory.grow((512 * MIB) / 65_536);

/** Spans of 1,024 rows of 3 axes, position and velocity columns side by side. */
function integrateCase(entities: number): Case {
  const spans = Math.ceil((entities * 3) / 1024);
  const list = 512 * MIB - 2 * MIB;
  return {
    name: `integrate ${entities}`,
    work: entities,
    unit: "entity",
    prepare: (m) => {
      m.f32.fill(1, 0, spans * 2048);
      for (let i = 0; i < spans; i++) m.u32.set([i * 8192, i * 8192 + 4096, 1024], list / 4 + i * 3);
    },
    run: (jobs, m) => jobs.integrate(m, list, spans, 1e-6),
  };
}

const cases: Case[] = [
  {
    name: "crossing (integrate of nothing)",
    work: 1,
    unit: "call",
    prepare: () => {},
    run: (jobs, m) => jobs.integrate(m, 0, 0, 1),
  },
  integrateCase(10_000),
  integrateCase(1_000_000),
  integrateCase(8_000_000),
  hashCase("f32"),
  hashCase("f32", 100),
  hashCase("f64"),
  hashCase("u8"),
  contentCase(),
  diffCase(1_000_448),
  diffCase(100),
  diffCase(2),
  arrayCase("prefixSum 100000", (jobs, m) => jobs.prefixSum(m, 0, 32 * MIB, 100_000)),
  arrayCase("compact 100000, half set", (jobs, m) => jobs.compact(m, 64 * MIB, 100_000, 32 * MIB)),
  arrayCase("sortByKey 100000, 32 bits", (jobs, m) => jobs.sortByKey(m, 0, 100_000, 8 * MIB, 16 * MIB)),
  arrayCase("sortByKey 100000, 16 bits", (jobs, m) => jobs.sortByKey(m, 0, 100_000, 8 * MIB, 16 * MIB), 16),
  arrayCase("random 100000", (jobs, m) => jobs.random(m, 16 * MIB, 0, 100_000, 1, 2, 3)),
  sampleCase(),
  propagateCase(),
  copyCase("copy with the bytes of integrate 8000000", 144_000_000),
  ...crowdCases,
];

/** Blocks of 4 KiB: 16,384 of them are 64 MiB, far more than any cache but the last holds. */
function hashCase(type: ElementType, blocks = 16_384): Case {
  const list = 510 * MIB;
  return {
    name: `hash ${type}, ${blocks} blocks`,
    work: (blocks * 4096) / 1024,
    unit: "KiB",
    prepare: (m) => {
      for (let i = 0; i < blocks * 1024; i++) m.f32[i] = i;
      for (let i = 0; i < blocks; i++)
        m.u32.set([i * 4096, 4096 / elementBytes[elementCode[type]]!, elementCode[type]], list / 4 + i * 3);
    },
    run: (jobs, m) => jobs.hash(m, list, blocks, 511 * MIB),
  };
}

/** One in a hundred of 100,000 entities in chunks of 1,024 rows. */
function sampleCase(): Case {
  const list = 510 * MIB;
  return {
    name: "sample 100000, 1 %",
    work: 100_000,
    unit: "id",
    prepare: (m) => {
      for (let i = 0; i < 100_000; i++) m.i32[i] = i;
      for (let i = 0; i < 98; i++) m.u32.set([i * 4096, i < 97 ? 1024 : 672], list / 4 + i * 2);
    },
    run: (jobs, m) => jobs.sample(m, list, 98, 1, 2, 3, 0.01, 16 * MIB, 100_000),
  };
}

/** 100,000 entities of 16 columns of f32 in chunks of 1,024 rows. */
function contentCase(): Case {
  const chunks = 98;
  const list = 510 * MIB;
  return {
    name: "contentHash 100000 x 64 bytes",
    work: 1.6e6,
    unit: "value",
    prepare: (m) => {
      for (let i = 0; i < chunks * 17 * 1024; i++) m.f32[i] = i;
      for (let i = 0; i < chunks * 16; i++) {
        const chunk = Math.floor(i / 16) * 17 * 4096;
        const rows = i < 97 * 16 ? 1024 : 672;
        m.u32.set([chunk, chunk + ((i % 16) + 1) * 4096, rows, elementCode.f32, 1, i % 16], list / 4 + i * 6);
      }
    },
    run: (jobs, m) => jobs.contentHash(m, list, chunks * 16, 511 * MIB),
  };
}

/** A million rows of 4 bytes in blocks of 4 KiB, one row in `every` different. */
function diffCase(every: number): Case {
  const list = 510 * MIB;
  return {
    name: `diff, one row in ${every} differs`,
    work: 1_000_448,
    unit: "row",
    prepare: (m) => {
      m.u32.fill(7, 0, 64 * MIB);
      for (let i = 0; i < 1_000_448; i += every) m.u32[32 * MIB + i] = 8;
      for (let i = 0; i < 977; i++) m.u32.set([i * 4096, 128 * MIB + i * 4096, 1024, 4], list / 4 + i * 4);
    },
    run: (jobs, m) => jobs.diff(m, list, 977, 400 * MIB, 1_000_448),
  };
}

/** Arrays of 100,000. */
function arrayCase(name: string, run: Case["run"], bits = 32): Case {
  const prepare = (m: Memory) => {
    for (let i = 0; i < 100_000; i++) m.u32[i] = Math.imul(i + 1, 0x9e3779b1) >>> (32 - bits);
    for (let i = 0; i < 100_000; i++) m.u8[64 * MIB + i] = (Math.imul(i + 1, 0x9e3779b1) >>> 31) & 1;
  };
  return { name, work: 100_000, unit: "element", prepare, run };
}

/** Trees of 10 nodes in chunks of 1,024 rows. */
function propagateCase(): Case {
  const list = 510 * MIB;
  return {
    name: "propagate 100000",
    work: 100_000,
    unit: "node",
    prepare: (m) => {
      m.f32.fill(0, 0, 32 * MIB);
      for (let i = 0; i < 100_000; i++) {
        const local = (i >> 10) * 24 * 4096 + (i & 1023) * 4;
        for (let field = 6; field < 10; field++) m.f32[(local >> 2) + field * 1024] = 1;
        const parent = i % 10 === 0 ? NO_PARENT : i - ((i % 10) & 3 || 1);
        m.u32.set([local, 4096, local + 12 * 4096, 4096, parent], list / 4 + i * 5);
      }
    },
    run: (jobs, m) => jobs.propagate(m, list, 100_000),
  };
}

/** One large copy: what memory allows. Reads and writes `bytes` each. */
function copyCase(name: string, bytes: number): Case {
  return {
    name,
    work: bytes,
    unit: "byte",
    prepare: (m) => {
      m.u8.fill(1, 256 * MIB, 256 * MIB + bytes); // pages that nobody wrote are all the same page
      m.u32.set([0, 256 * MIB, bytes], (510 * MIB) / 4);
    },
    run: (jobs, m) => jobs.copy(m, 510 * MIB, 1),
  };
}

function measure(work: Case, jobs: Jobs): number {
  const runs: number[] = [];
  let batch = 1;
  let total = 0;
  while (runs.length < 7 || total < 150) {
    const start = performance.now();
    for (let i = 0; i < batch; i++) work.run(jobs, memory);
    const ms = performance.now() - start;
    if (ms < 2) {
      batch *= 4;
      continue;
    }
    runs.push(ms / batch);
    total += ms;
  }
  runs.sort((a, b) => a - b);
  return (runs[runs.length >> 1]! * 1e6) / work.work;
}

const words = process.argv.slice(2);
const wanted = words.filter((word) => !word.startsWith("--threads="));
const addon = addonJobs();
let threads = 1;
for (const word of words) if (!wanted.includes(word)) threads = Number(word.split("=")[1]);
addon.wake(threads);
console.log(`${"job".padEnd(44)}${"addon".padStart(12)}${"reference".padStart(12)}`);
for (const work of cases) {
  if (wanted.length > 0 && !wanted.some((word) => work.name.includes(word))) continue;
  work.prepare(memory);
  const row = [addon, referenceJobs].map((jobs) => measure(work, jobs).toFixed(3).padStart(12));
  console.log(`${work.name.padEnd(44)}${row.join("")} ns/${work.unit}`);
}
