import { existsSync } from "node:fs";
import { join, posix } from "node:path";
import { folderOf, read, root } from "./source.ts";

/** Paths of ours, but not what a build makes. */
const OURS = /^(?:src|test|docs|native|scripts|bench|examples|profiling)\/[\w./-]*$/;

/** Links, paths in backticks and `npm run` names in a page that lead nowhere. */
export function deadLinks(path: string, text: string, scripts: readonly string[]): string[] {
  const prose = text.replace(/^```[\s\S]*?^```/gm, "");
  const found: string[] = [];
  for (const [, target = ""] of prose.replace(/`[^`]*`/g, "").matchAll(/\]\(([^)\s]+)\)/g)) {
    if (/^[a-z]+:/.test(target)) continue;
    const [file = "", anchor] = target.split("#");
    const page = file === "" ? path : posix.join(folderOf(path), file);
    if (page !== path && !existsSync(join(root, page))) found.push(`${path} links to ${target}`);
    else if (anchor !== undefined && page.endsWith(".md")) {
      const headings = anchors(page === path ? text : read(page));
      if (!headings.has(anchor)) found.push(`${path} links to ${target}, but there is no such heading`);
    }
  }
  for (const [, word = ""] of prose.matchAll(/`([^`\s]+)`/g)) {
    if (OURS.test(word) && !word.endsWith(".node") && !existsSync(join(root, word)))
      found.push(`${path} names ${word}`);
  }
  for (const [, name = ""] of text.matchAll(/npm run (?:-s )?([\w:-]+)/g)) {
    if (!scripts.includes(name)) found.push(`${path} names npm run ${name}`);
  }
  return found;
}

/** The anchors that headings of a page get. */
export function anchors(text: string): Set<string> {
  const headings = text.replace(/^```[\s\S]*?^```/gm, "").matchAll(/^#{1,6} +(.*?) *$/gm);
  return new Set(
    Array.from(headings, ([, title = ""]) =>
      title
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, "")
        .replace(/\s/g, "-"),
    ),
  );
}
