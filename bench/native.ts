/** What each job costs, addon and reference: `node bench/native.ts [name ...]`. */
import { addonJobs } from "../src/native/addon.ts";
import { type ElementType, elementBytes, elementCode } from "../src/native/element.ts";
import type { Jobs } from "../src/native/jobs.ts";
import { Memory } from "../src/native/memory.ts";
import { referenceJobs } from "../src/native/reference/index.ts";

interface Case {
  readonly name: string;
  /** What one run processes, in `unit`s. */
  readonly work: number;
  readonly unit: string;
  readonly prepare: (memory: Memory) => void;
  readonly run: (jobs: Jobs, memory: Memory) => unknown;
}

const MIB = 1 << 20;
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
  hashCase("f64"),
  hashCase("u8"),
  copyCase("copy with the bytes of integrate 8000000", 144_000_000),
];

/** Blocks of 4 KiB, 64 MiB in all. */
function hashCase(type: ElementType): Case {
  const blocks = 16_384;
  const list = 510 * MIB;
  return {
    name: `hash ${type}`,
    work: (blocks * 4096) / 1024,
    unit: "KiB",
    prepare: (m) => {
      for (let i = 0; i < blocks * 1024; i++) m.f32[i] = i;
      for (let i = 0; i < blocks; i++) m.u32.set([i * 4096, 4096 / elementBytes[elementCode[type]]!, elementCode[type]], list / 4 + i * 3);
    },
    run: (jobs, m) => jobs.hash(m, list, blocks, 511 * MIB),
  };
}

/** One large copy: what memory allows. Reads and writes `bytes` each. */
function copyCase(name: string, bytes: number): Case {
  return {
    name,
    work: bytes,
    unit: "byte",
    prepare: (m) => m.u32.set([0, 256 * MIB, bytes], (510 * MIB) / 4),
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

const wanted = process.argv.slice(2);
const addon = addonJobs();
console.log(`${"job".padEnd(40)}${"addon".padStart(12)}${"reference".padStart(12)}`);
for (const work of cases) {
  if (wanted.length > 0 && !wanted.some((word) => work.name.includes(word))) continue;
  work.prepare(memory);
  const row = [addon, referenceJobs].map((jobs) => measure(work, jobs).toFixed(3).padStart(12));
  console.log(`${work.name.padEnd(40)}${row.join("")} ns/${work.unit}`);
}
