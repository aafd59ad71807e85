import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { WorldloomError } from "../../core/errors.ts";
import { peerMissing } from "../../core/peer.ts";

/** A node of the concrete tree. Offsets are in UTF-16 units of the text. */
export interface RawNode {
  readonly kind: string;
  /** The name that its parent knows it by; empty for none. */
  readonly field: string;
  readonly start: number;
  readonly end: number;
  /** Whether it is more than a keyword or a sign. */
  readonly named: boolean;
  /** Whether the parser only supposed it there. */
  readonly missing: boolean;
  readonly children: readonly RawNode[];
}

export interface RawTree {
  readonly root: RawNode;
  /** Whether the text is no Lua. */
  readonly broken: boolean;
}

/** Parses Lua, broken Lua too. */
export type LuaGrammar = (text: string) => RawTree;

/** What is used of web-tree-sitter, whose types only those have who installed it. */
interface TreeSitter {
  readonly Parser: { new (): TreeParser; init(): Promise<void> };
  readonly Language: { load(bytes: Uint8Array): Promise<unknown> };
}
interface TreeParser {
  setLanguage(language: unknown): void;
  parse(text: string): Tree | null;
}
interface Tree {
  readonly rootNode: { readonly hasError: boolean };
  walk(): Cursor;
  delete(): void;
}
interface Cursor {
  readonly nodeType: string;
  readonly currentFieldName: string | null;
  readonly startIndex: number;
  readonly endIndex: number;
  readonly nodeIsNamed: boolean;
  readonly nodeIsMissing: boolean;
  gotoFirstChild(): boolean;
  gotoNextSibling(): boolean;
  gotoParent(): boolean;
  delete(): void;
}

let loaded: Promise<LuaGrammar> | undefined;

/** The parser, one for the process. Throws `peer-missing` without the packages web-tree-sitter and tree-sitter-lua. */
export function loadGrammar(load?: (name: string) => Promise<unknown>): Promise<LuaGrammar> {
  if (load !== undefined) return open(load);
  loaded ??= open((name) => import(name));
  return loaded;
}

const PARSER = "web-tree-sitter";
const LANGUAGE = "@tree-sitter-grammars/tree-sitter-lua";

async function open(load: (name: string) => Promise<unknown>): Promise<LuaGrammar> {
  let parser: TreeParser;
  try {
    const { Parser, Language } = (await load(PARSER)) as TreeSitter;
    const grammar = await readFile(fileURLToPath(import.meta.resolve(`${LANGUAGE}/tree-sitter-lua.wasm`)));
    await Parser.init();
    const language = await Language.load(grammar);
    parser = new Parser();
    parser.setLanguage(language);
  } catch (cause) {
    throw peerMissing("Lua is checked", [PARSER, LANGUAGE], cause);
  }
  return (text) => {
    const tree = parser.parse(text);
    if (tree === null) throw new WorldloomError("script-syntax", "The text cannot be parsed.", {});
    const cursor = tree.walk();
    try {
      return { root: copyOf(cursor), broken: tree.rootNode.hasError };
    } finally {
      cursor.delete();
      tree.delete();
    }
  };
}

/** The tree as plain objects. Without recursion: texts can nest as deep as they like. */
function copyOf(cursor: Cursor): RawNode {
  const root = nodeAt(cursor);
  const parents: RawNode[] = [];
  let node = root;
  for (;;) {
    if (cursor.gotoFirstChild()) {
      parents.push(node);
    } else {
      while (!cursor.gotoNextSibling()) {
        if (parents.length === 0) return root;
        parents.pop();
        cursor.gotoParent();
        if (parents.length === 0) return root;
      }
    }
    node = nodeAt(cursor);
    (parents.at(-1)!.children as RawNode[]).push(node);
  }
}

function nodeAt(cursor: Cursor): RawNode {
  return {
    kind: cursor.nodeType,
    field: cursor.currentFieldName ?? "",
    start: cursor.startIndex,
    end: cursor.endIndex,
    named: cursor.nodeIsNamed,
    missing: cursor.nodeIsMissing,
    children: [],
  };
}
