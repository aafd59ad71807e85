/** Prints how many milliseconds the first kernel of this process takes from its source to the end of its first run. */
import { declareMs, smallWorld } from "./compile.ts";

console.log(declareMs(smallWorld(), 0));
