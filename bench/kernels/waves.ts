import { component, f32, kernel } from "../../src/index.ts";
import { random } from "./random.ts";
import type { Rule } from "./rule.ts";

const Swing = component("Swing", { x: f32, y: f32 });
const Wave = component("Wave", { phase: f32, rate: f32, decay: f32 });

type Waves = {
  readonly swing: { readonly x: Float32Array; readonly y: Float32Array };
  readonly wave: { readonly phase: Float32Array; readonly rate: Float32Array; readonly decay: Float32Array };
};

/** Inputs are such that angles (-32 to 32) and exponents (-8 to 0) are exact: the functions alone differ. */
const TIME = 3.25;

const swing = () =>
  kernel("swing", { write: [Swing], read: [Wave], uniforms: { time: f32 } }, (swing, wave, k) => {
    const angle = wave.phase + wave.rate * k.time;
    const size = Math.exp(-wave.decay * k.time);
    swing.x = size * Math.cos(angle);
    swing.y = size * Math.sin(angle);
  });

/** 2^n at n + 1,100. */
const powers = Float64Array.from({ length: 1150 }, (_, i) => 2 ** (i - 1100));
/** Added to and taken from a number below 2^51, it rounds it. */
const ROUND = 1.5 * 2 ** 52;

/** Polynomials that are exact to 5e-9 and 8e-8: interpolation at Chebyshev nodes of sin(x) / x over x * x, and of exp. */
function waveOne(
  phase: Float32Array,
  rate: Float32Array,
  decay: Float32Array,
  x: Float32Array,
  y: Float32Array,
  i: number,
) {
  const angle = phase[i]! + rate[i]! * TIME;
  const power = -decay[i]! * TIME;
  const n = power * Math.LOG2E + ROUND - ROUND;
  const e = power - n * Math.LN2;
  let size = 0.0419175455727 + e * 0.00836915395963;
  size = 0.166665052111 + e * size;
  size = 0.499988690331 + e * size;
  size = 1.00000001078 + e * size;
  size = (1.00000007549 + e * size) * powers[n + 1100]!;
  x[i] = size * sine(angle + Math.PI / 2);
  y[i] = size * sine(angle);
}

/** By half turns: no branch. */
function sine(angle: number): number {
  const n = angle * (1 / Math.PI) + ROUND - ROUND;
  const r = angle - n * Math.PI;
  const u = r * r;
  let s = -0.000198090174088 + u * 0.0000026051076356;
  s = 0.00833305017067 + u * s;
  s = -0.166666579478 + u * s;
  s = 0.999999995699 + u * s;
  return r * s * (1 - 2 * (n & 1));
}

export const wavesRule: Rule<Waves> = {
  name: "sin, cos and exp",
  components: [Swing, Wave],
  changes: ["swing"],
  inputs(count) {
    const from = (seed: number, low: number, high: number) =>
      Float32Array.from({ length: count }, (_, i) => low + Math.floor(random(i, seed) * (high - low) * 256) / 256);
    return {
      swing: { x: new Float32Array(count), y: new Float32Array(count) },
      wave: { phase: from(1, -16, 16), rate: from(2, -4, 4), decay: from(3, 0, 2.4) },
    };
  },
  kernels: () => [swing()],
  uniforms: { time: TIME },
  loops: {
    "Math.*"({ swing: { x, y }, wave: { phase, rate, decay } }, count) {
      for (let i = 0; i < count; i++) {
        const angle = phase[i]! + rate[i]! * TIME;
        const size = Math.exp(-decay[i]! * TIME);
        x[i] = size * Math.cos(angle);
        y[i] = size * Math.sin(angle);
      }
    },
    "polynomial JavaScript"({ swing: { x, y }, wave: { phase, rate, decay } }, count) {
      for (let i = 0; i < count; i++) waveOne(phase, rate, decay, x, y, i);
    },
    "polynomial JavaScript, unrolled"({ swing: { x, y }, wave: { phase, rate, decay } }, count) {
      let i = 0;
      for (const end = count - 1; i < end; i += 2) {
        waveOne(phase, rate, decay, x, y, i);
        waveOne(phase, rate, decay, x, y, i + 1);
      }
      for (; i < count; i++) waveOne(phase, rate, decay, x, y, i);
    },
  },
  exact: [],
  tolerance: 3e-7,
  listed({ swing: { x, y }, wave: { phase, rate, decay } }, ids) {
    for (let i = 0, n = ids.length; i < n; i++) {
      const id = ids[i]!;
      const angle = phase[id]! + rate[id]! * TIME;
      const size = Math.exp(-decay[id]! * TIME);
      x[id] = size * Math.cos(angle);
      y[id] = size * Math.sin(angle);
    }
  },
  native: {
    columns: ({ swing: s, wave: w }) => [s.x, s.y, w.phase, w.rate, w.decay],
    run: (addon, count) => addon.waves(count, TIME),
  },
};
