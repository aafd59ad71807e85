import { WorldloomError } from "../core/errors.ts";
import { addonJobs } from "./addon.ts";
import type { Jobs } from "./jobs.ts";
import { referenceJobs } from "./reference/index.ts";

let loaded: Jobs | undefined;

/**
 * The jobs of this process: the addon if it loads, else the reference after one line on standard error.
 * `WORLDLOOM_JOBS=addon|reference` forces one; `jobs-unavailable` says that it cannot be had.
 */
export function loadJobs(): Jobs {
  loaded ??= chooseJobs(process.env.WORLDLOOM_JOBS);
  return loaded;
}

function chooseJobs(choice: string | undefined): Jobs {
  if (choice === "reference") return referenceJobs;
  if (choice !== undefined && choice !== "" && choice !== "addon")
    throw new WorldloomError(
      "jobs-unavailable",
      `WORLDLOOM_JOBS is "${choice}"; set it to addon or reference, or unset it.`,
      {
        choice,
      },
    );
  try {
    return addonJobs();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.split("\n")[0] : String(cause);
    if (choice === "addon")
      throw new WorldloomError(
        "jobs-unavailable",
        `The addon cannot be loaded (${reason}); build it with cargo, or set WORLDLOOM_JOBS=reference.`,
        { choice },
        cause,
      );
    process.stderr.write(`worldloom: the addon cannot be loaded, the slower reference jobs run (${reason})\n`);
    return referenceJobs;
  }
}
