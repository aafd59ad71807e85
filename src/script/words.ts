/** `lookAt` as `look-at`, or with another sign between the words. */
export function words(name: string, between: "_" | "-"): string {
  return name.replace(/([a-z0-9])([A-Z])/g, `$1${between}$2`).toLowerCase();
}

/** The text in lines of at most `width` characters, broken between words. */
export function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return line === "" ? lines : [...lines, line];
}
