import type { Rule } from "../rule.ts";
import { apiCall } from "./api-call.ts";
import { comparison } from "./comparison.ts";
import { component } from "./component.ts";
import { duplicateKey } from "./duplicate-key.ts";
import { emptyRange } from "./empty-range.ts";
import { forbidden } from "./forbidden.ts";
import { globalAssign } from "./global-assign.ts";
import { hook } from "./hook.ts";
import { infiniteLoop } from "./infinite-loop.ts";
import { manifest } from "./manifest.ts";
import { massSpawn } from "./mass-spawn.ts";
import { shadowing } from "./shadowing.ts";
import { stateField } from "./state-field.ts";
import { ignore, syntax } from "./syntax.ts";
import { undefinedName } from "./undefined.ts";
import { unreachable } from "./unreachable.ts";
import { unused } from "./unused.ts";

/** All rules, in the order of their names. */
export const rules: readonly Rule[] = [
  apiCall,
  comparison,
  component,
  duplicateKey,
  emptyRange,
  forbidden,
  globalAssign,
  hook,
  ignore,
  infiniteLoop,
  manifest,
  massSpawn,
  shadowing,
  stateField,
  syntax,
  undefinedName,
  unreachable,
  unused,
];

export const ruleIds: readonly string[] = rules.map(({ id }) => id);
