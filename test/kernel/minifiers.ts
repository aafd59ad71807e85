import { parse } from "acorn";
import { minify_sync } from "terser";
import { minify } from "uglify-js";
import { minifySync } from "vite";

/** What minifiers do to a statement at the end of a program. */
const WAYS: readonly ((code: string) => string)[] = [
  (code) => minifySync("a.js", code).code,
  (code) => minifySync("a.js", code, { mangle: false }).code,
  (code) => minifySync("a.js", code, { compress: false }).code,
  (code) => minify_sync(code, { compress: { passes: 3 } }).code!,
  (code) => minify_sync(code, { ecma: 2020, compress: { passes: 2, hoist_vars: true, unsafe_arrows: true } }).code!,
  (code) => minify(code, { compress: { passes: 3 } }).code,
  (code) => minify(code, { compress: { passes: 2, hoist_vars: true, sequences: 200 } }).code,
];

export const MINIFIERS = WAYS.length;

/** What a minifier makes of a function. `how` says which, and with what options. */
export function minified(source: string, how: number): string {
  const code = WAYS[how % MINIFIERS]!(`use(${source});`);
  const [statement] = parse(code, { ecmaVersion: "latest" }).body;
  const call = statement?.type === "ExpressionStatement" ? statement.expression : undefined;
  const rule = call?.type === "CallExpression" ? call.arguments[0] : undefined;
  if (rule === undefined) throw new Error(`not a call: ${code}`);
  return code.slice(rule.start, rule.end);
}
