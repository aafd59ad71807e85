import { resultsSuite } from "./results.suite.ts";
import type { Open } from "./start.ts";
import { ticketsSuite } from "./tickets.suite.ts";

/** What every backend of skinning must do. `open` gives a new skinner for the meshes of an arena. */
export function skinnerSuite(open: Open): void {
  resultsSuite(open);
  ticketsSuite(open);
}
