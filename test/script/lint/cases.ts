import { codeCases } from "./cases-code.ts";
import { flowCases } from "./cases-flow.ts";
import { scriptCases } from "./cases-script.ts";

/** One source and what a rule says to it. */
export interface Case {
  readonly source: string;
  /** `line:column message`, where the message may be cut short. */
  readonly found: readonly string[];
  /** The source after all fixes of this rule, where it has some. */
  readonly fixed?: string;
}

/** By rule: what it finds, and what it leaves alone. */
export type Cases = Readonly<Record<string, { readonly bad: readonly Case[]; readonly good: readonly string[] }>>;

export const cases: Cases = { ...codeCases, ...flowCases, ...scriptCases };
