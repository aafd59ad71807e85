import { unsigned } from "./code.ts";

/** A function of a module: its name and its body, as the code section has it. */
export interface Routine {
  readonly name: string;
  readonly body: readonly number[];
}

/** A module of functions `(i32, i32, i32) -> ()` over a memory of up to 4 GiB imported as "m" "m"; `marked` ones differ in a name. */
export function assemble(routines: readonly Routine[], shared: boolean, marked: boolean): Uint8Array<ArrayBuffer> {
  const count = unsigned(routines.length);
  const memory = [1, 1, LETTER_M, 1, LETTER_M, 2, shared ? 3 : 1, ...unsigned(1), ...unsigned(PAGES_MAX)];
  const exported = routines.flatMap(({ name }, i) => {
    const letters = new TextEncoder().encode(name);
    return [...unsigned(letters.length), ...letters, 0, ...unsigned(i)];
  });
  const head = [
    [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    marked ? section(0, [1, LETTER_M]) : [],
    section(1, [1, 0x60, 3, I32, I32, I32, 0]),
    section(2, memory),
    section(3, [...count, ...routines.map(() => 0)]),
    section(7, [...count, ...exported]),
  ].flat();
  const bodies = routines.reduce((sum, { body }) => sum + body.length, count.length);
  const code = [10, ...unsigned(bodies), ...count];
  const bytes = new Uint8Array(head.length + code.length - count.length + bodies);
  bytes.set(head);
  bytes.set(code, head.length);
  let at = head.length + code.length;
  for (const { body } of routines) {
    bytes.set(body, at);
    at += body.length;
  }
  return bytes;
}

const LETTER_M = 0x6d;
const I32 = 0x7f;
const PAGES_MAX = 65_536;

function section(id: number, content: readonly number[]): number[] {
  return [id, ...unsigned(content.length), ...content];
}
