/**
 * `"differs"` and `"failed"` end with status 1 and say nothing more: all was done, and what was compared is not the same, or
 * what was run went wrong. `"interrupted"` ends with status 130, as what Ctrl+C ends does.
 */
// biome-ignore lint/suspicious/noConfusingVoidType: commands that compare nothing return nothing
export type Outcome = void | "differs" | "failed" | "interrupted";

/** What a word after `worldloom`, or after a command, stands for. */
export interface Command {
  /** What `worldloom NAME --help` prints, with all flags. */
  readonly help: string | ((words: readonly string[]) => Promise<string>);
  /** `words` are what follows the name. Throws `WorldloomError("usage", ...)` for words that it does not understand. */
  readonly run: (words: readonly string[]) => Outcome | Promise<Outcome>;
}

/** Commands by their words. What one needs is loaded when it is said: a list of them needs none. */
export type CommandTable = Readonly<
  Record<
    string,
    {
      /** One line for the list. */
      readonly summary: string;
      /** The words that can come first after this one, where each of them has flags of its own. */
      readonly verbs?: readonly string[];
      readonly load: () => Promise<Command>;
    }
  >
>;

/** The command of a word; undefined where there is none. */
export async function loadCommand(commands: CommandTable, word: string | undefined): Promise<Command | undefined> {
  return word !== undefined && Object.hasOwn(commands, word) ? commands[word]!.load() : undefined;
}

/** One line a command for `--help`. */
export function commandHelp(commands: CommandTable): string {
  const width = Math.max(...Object.keys(commands).map((word) => word.length));
  return Object.entries(commands)
    .map(([word, { summary }]) => `  ${word.padEnd(width)}  ${summary}`)
    .join("\n");
}
