import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { type Frame, type FrameTree, totals } from "./stacks.ts";

/** A call tree and what is written above it. */
export interface Profile {
  readonly title: string;
  /** One sentence: of what run, how measured. */
  readonly about: string;
  /** Of the values in the tree: `ms` or `samples`. */
  readonly unit: string;
  /** Names of the systems that the run declared, those without a sample included. */
  readonly systems: readonly string[];
  readonly tree: FrameTree;
}

/** Frames below this share of the whole are left out: nobody could see them. */
const SHARE_MIN = 1 / 20_000;

/** Writes a page that needs nothing else: no network, no other file. */
export function writePage(path: string, profile: Profile): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, pageOf(profile));
}

export function pageOf(profile: Profile): string {
  const { title, about, unit, tree } = profile;
  const numbers = new Map<string, number>();
  const frames: (readonly [string, string, string])[] = [];
  const numberOf = ({ name, kind, place }: Frame): number => {
    const key = `${kind} ${name} ${place}`;
    let number = numbers.get(key);
    if (number === undefined) {
      number = frames.push([name, kind, place]) - 1;
      numbers.set(key, number);
    }
    return number;
  };
  const packed = (node: FrameTree): unknown => [
    numberOf(node.frame),
    Math.round(node.value * 1000) / 1000,
    [...node.calls.values()]
      .filter(({ value }) => value >= tree.value * SHARE_MIN)
      .sort((a, b) => b.value - a.value)
      .map(packed),
  ];
  const root = packed(tree);
  const parts: Readonly<Record<string, string>> = {
    TITLE: escaped(title),
    ABOUT: escaped(about),
    SYSTEMS: systemTable(profile),
    // In a script element nothing but its end tag has a meaning.
    PROFILE: JSON.stringify({ unit, frames, tree: root }).replaceAll("<", "\\u003c"),
  };
  const template = readFileSync(new URL("page.html", import.meta.url), "utf8");
  return template.replace(/"?__([A-Z]+)__"?/g, (_, name: string) => parts[name]!);
}

function systemTable({ tree, systems, unit }: Profile): string {
  const sums = totals(tree, ({ kind }) => kind === "system");
  for (const name of systems) if (!sums.has(`system ${name}`)) sums.set(`system ${name}`, 0);
  const rows = Array.from(sums, ([name, value]) => {
    const share = `${((100 * value) / tree.value).toFixed(1)} %`;
    const shown = unit === "ms" ? value.toFixed(1) : String(Math.round(value));
    const button = `<button type="button" data-system="${escaped(name)}">${escaped(name)}</button>`;
    return `<tr><td>${button}</td><td class="number">${shown}</td><td class="number">${share}</td></tr>`;
  });
  const head = `<tr><th>system</th><th class="number">${unit}</th><th class="number">share</th></tr>`;
  return `<table>\n${[head, ...rows].join("\n")}\n</table>`;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
