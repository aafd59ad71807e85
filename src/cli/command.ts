/**
 * `"differs"` and `"failed"` end with status 1 and say nothing more: all was done, and what was compared is not the same, or
 * what was run went wrong. `"interrupted"` ends with status 130, as what Ctrl+C ends does.
 */
// biome-ignore lint/suspicious/noConfusingVoidType: commands that compare nothing return nothing
export type Outcome = void | "differs" | "failed" | "interrupted";

/** One word after `worldloom`. */
export interface Command {
  /** One line for the list of commands. */
  readonly summary: string;
  /** The words that can come first after the name, where each of them has flags of its own. */
  readonly verbs?: readonly string[];
  /** What `worldloom NAME --help` prints, with all flags. */
  readonly help: string | ((words: readonly string[]) => Promise<string>);
  /** `words` are what follows the name. Throws `WorldloomError("usage", ...)` for words that it does not understand. */
  readonly run: (words: readonly string[]) => Outcome | Promise<Outcome>;
}
