import { WorldloomError } from "../core/errors.ts";

const CHOICES = ["compiled", "narrow", "interpreted"] as const;

/**
 * How kernels are run in this process, from `WORLDLOOM_KERNELS`: compiled, the default; compiled with vectors of 128 bits
 * only; or interpreted. All give the same bits.
 */
export type KernelChoice = (typeof CHOICES)[number];

/** Throws `bad-argument`. */
function choose(choice: string | undefined): KernelChoice {
  if (choice === undefined || choice === "") return "compiled";
  const found = CHOICES.find((one) => one === choice);
  if (found !== undefined) return found;
  throw new WorldloomError(
    "bad-argument",
    `WORLDLOOM_KERNELS is "${choice}"; set it to compiled, narrow or interpreted, or unset it.`,
  );
}

let chosen: KernelChoice | undefined;

/** Throws `bad-argument` where `WORLDLOOM_KERNELS` is something else. */
export function kernelChoice(): KernelChoice {
  chosen ??= choose(process.env.WORLDLOOM_KERNELS);
  return chosen;
}
