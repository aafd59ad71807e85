import type { Rule } from "../rule.ts";

/** Found while the text is read, before there is a source to check. */
export const syntax: Rule = {
  id: "syntax",
  severity: "error",
  doc: "text that is no Lua 5.4: what its parser or compiler would refuse, among it signs of other languages (`!=`, `+=`, `&&`)",
  fixes: "writes the sign that Lua has; adds the `end` or bracket that is missing",
  check: () => [],
};

/** Found in comments. */
export const ignore: Rule = {
  id: "ignore",
  severity: "warning",
  doc: "a comment `-- lint: ignore` that names a rule that does not exist",
  fixes: "writes the rule with the nearest name",
  check: () => [],
};
