import type { Complaint, Fix } from "./finding.ts";
import { applyEdits, insertion, lineStarts, positionOf, replacement } from "./finding.ts";
import type { RawNode, RawTree } from "./grammar.ts";
import { KEYWORDS, type Lexed, type Token } from "./lexer.ts";

/** Nodes may nest this deep; a recursion over them fits any stack. */
const DEPTH_MAX = 600;

/**
 * Why a text is no Lua, as far as that can be told without scopes: empty if it is Lua. `parses` says whether a text has
 * neither broken nodes nor complaints of the lexer, to try fixes.
 */
export function diagnose(text: string, tree: RawTree, lexed: Lexed, parses: (text: string) => boolean): Complaint[] {
  if (lexed.complaints.length > 0) return [...lexed.complaints];
  if (depthOf(tree.root) > DEPTH_MAX)
    return [{ start: 0, end: 0, message: `the code nests more than ${DEPTH_MAX} deep; cut it into functions` }];
  if (!tree.broken) return reserved(tree.root, text);
  const foreign = foreignWords(text, lexed.tokens);
  const found = foreign.length > 0 ? foreign : [unbalanced(text, lexed.tokens) ?? strange(text, tree.root)];
  return found.map(({ fix, ...rest }) => {
    if (fix === undefined) return rest;
    const fixed = applyEdits(text, fix.edits);
    return fix.isSafe || parses(fixed) ? { ...rest, fix } : rest;
  });
}

function depthOf(root: RawNode): number {
  let depth = 0;
  for (let level: readonly RawNode[] = [root]; level.length > 0; depth++)
    level = level.flatMap(({ children }) => children);
  return depth;
}

/** Keywords where a name must stand, and `<const>=`, which the grammar lets pass. */
function reserved(node: RawNode, text: string): Complaint[] {
  if (node.kind === "attribute" && text[node.end] === "=") {
    const fix = { title: "add a space", edits: [insertion(node.end, " ")], isSafe: true };
    return [{ start: node.end - 1, end: node.end + 1, message: "Lua reads >= here; write a space between", fix }];
  }
  if (node.kind !== "identifier") return node.children.flatMap((child) => reserved(child, text));
  const word = text.slice(node.start, node.end);
  if (!KEYWORDS.has(word)) return [];
  const fix = { title: `name it ${word}_`, edits: [insertion(node.end, "_")], isSafe: false };
  return [{ start: node.start, end: node.end, message: `${word} is a keyword and cannot be a name`, fix }];
}

/** What people write who know other languages: `if a = b then`, `else if`, `// comment`. */
function foreignWords(text: string, tokens: readonly Token[]): Complaint[] {
  const found: Complaint[] = [];
  let depth = 0;
  let inCondition = false;
  for (const [i, token] of tokens.entries()) {
    if (/^[([{]$/.test(token.text)) depth++;
    if (/^[)\]}]$/.test(token.text)) depth--;
    if (token.text === "if" || token.text === "elseif" || token.text === "while") [inCondition, depth] = [true, 0];
    if (token.kind === "keyword" && /^(then|do|function|end|local|return)$/.test(token.text)) inCondition = false;
    if (inCondition && depth === 0 && token.text === "=") {
      const fix = { title: "write ==", edits: [replacement(token, "==")], isSafe: true };
      found.push({ ...token, message: "a comparison is written with two signs: ==", fix });
    }
    if (token.text !== "//") continue;
    const isFirst = i === 0 || /[\n\r]/.test(text.slice(tokens[i - 1]!.end, token.start));
    if (isFirst && !/^[-+*/%^.,([{=]$/.test(tokens[i - 1]?.text ?? "")) {
      const end = text.slice(token.start).search(/[\r\n]|$/) + token.start;
      const fix = { title: "write --", edits: [replacement(token, "--")], isSafe: true };
      found.push({ start: token.start, end, message: "comments begin with --", fix });
    }
  }
  return found;
}

interface Opening {
  readonly token: Token;
  /** What must come before the block begins; empty within the block. */
  awaits: "" | "then" | "do";
  readonly closes: string;
}

const CLOSERS: Readonly<Record<string, string>> = {
  function: "end",
  do: "end",
  while: "end",
  for: "end",
  if: "end",
  repeat: "until",
  "(": ")",
  "[": "]",
  "{": "}",
};

/** The first bracket or block that is not closed, or closed but never opened. */
function unbalanced(text: string, tokens: readonly Token[]): Complaint | undefined {
  const starts = lineStarts(text);
  const lineOf = (token: Token): number => positionOf(starts, token.start).line;
  const indentOf = (token: Token): string => /^[ \t]*/.exec(text.slice(starts[lineOf(token) - 1]))![0];
  const stack: Opening[] = [];
  // The first block whose `end` is further left than its beginning, so that it is rather the one of an outer block.
  let slipped: { opening: Opening; end: Token } | undefined;
  for (const token of tokens) {
    const top = stack.at(-1);
    const word = token.kind === "string" ? "" : token.text;
    if (word === "do" && top?.awaits === "do") top.awaits = "";
    else if (word === "then" && top?.awaits === "then") top.awaits = "";
    else if (word === "elseif" && top?.token.text === "if") top.awaits = "then";
    else if (Object.hasOwn(CLOSERS, word)) {
      const awaits = word === "if" ? "then" : word === "while" || word === "for" ? "do" : "";
      stack.push({ token, awaits, closes: CLOSERS[word]! });
    } else if (/^(end|until|[)\]}])$/.test(word)) {
      if (top?.closes === word && top.awaits !== "") {
        const message = `${top.token.text} of line ${lineOf(top.token)} has no ${top.awaits}; add it`;
        return { ...top.token, message };
      }
      if (top?.closes === word) {
        stack.pop();
        const isFirst = text.slice(starts[lineOf(token) - 1], token.start).trim() === "";
        if (isFirst && word === "end" && indentOf(token).length < indentOf(top.token).length)
          slipped ??= { opening: top, end: token };
      } else if (top === undefined || !stack.some(({ closes }) => closes === word)) {
        const fix = { title: `remove ${word}`, edits: [replacement(token, "")], isSafe: false };
        return { ...token, message: `this ${word} closes nothing`, fix };
      } else {
        return unclosed(slipped?.opening ?? top, slipped?.end ?? token);
      }
    }
  }
  const last = stack.at(-1);
  return last === undefined ? undefined : unclosed(slipped?.opening ?? last, slipped?.end);

  function unclosed({ token, closes, awaits }: Opening, before: Token | undefined): Complaint {
    const message = `${token.text} of line ${lineOf(token)} is not closed; add ${awaits === "" ? "" : `${awaits} and `}${closes}`;
    let fix: Fix | undefined;
    if (awaits === "" && closes !== "until") {
      const title = `add ${closes}`;
      const at = before?.start ?? tokens.at(-1)!.end;
      const added = closes !== "end" ? closes : before === undefined ? `\n${indentOf(token)}end` : `${closes} `;
      fix = { title, edits: [insertion(at, added)], isSafe: false };
    }
    return fix === undefined ? { ...token, message } : { ...token, message, fix };
  }
}

/** Where the parser lost its way. */
function strange(text: string, root: RawNode): Complaint {
  const place = firstOf(root) ?? root;
  if (place.missing) {
    const fix = { title: `add ${place.kind}`, edits: [insertion(place.start, ` ${place.kind} `)], isSafe: false };
    const at = { start: place.start, end: Math.min(place.start + 1, text.length) };
    if (!/\w|\W/.test(place.kind) || place.kind === "identifier") return { ...at, message: "a name is missing here" };
    return { ...at, message: `${place.kind} is missing here`, fix };
  }
  let leaf = place;
  while (leaf.children.length > 0) leaf = leaf.children.find(({ kind }) => kind !== "comment") ?? leaf.children[0]!;
  const word = text.slice(leaf.start, leaf.end).split(/\s/)[0]!;
  const end = Math.max(leaf.start + word.length, leaf.start);
  return { start: leaf.start, end, message: `${word === "" ? "this" : word} is not expected here` };
}

/** The first node, in the order of the text, that the parser could not fit in. */
function firstOf(node: RawNode): RawNode | undefined {
  for (const child of node.children) {
    if (child.missing || child.kind === "ERROR") return firstOf(child) ?? child;
    const inner = firstOf(child);
    if (inner !== undefined) return inner;
  }
  return undefined;
}
