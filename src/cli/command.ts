/** One word after `worldloom`. */
export interface Command {
  /** One line for the list of commands. */
  readonly summary: string;
  /** What `worldloom NAME --help` prints, with all flags. */
  readonly help: string | ((words: readonly string[]) => Promise<string>);
  /** `words` are what follows the name. Throws `WorldloomError("usage", ...)` for words that it does not understand. */
  readonly run: (words: readonly string[]) => void | Promise<void>;
}
