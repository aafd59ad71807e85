/** Rows of text under a header; columns whose cells all look like numbers stand at the right. */
export function textTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = header.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => (row[column] ?? "").length)),
  );
  const right = header.map(
    (_, column) => rows.length > 0 && rows.every((row) => /^[-+.,\d]*( ?(%|ms|s|x|[KMG]iB))?$/.test(row[column] ?? "")),
  );
  const line = (cells: readonly string[]): string =>
    widths
      .map((width, column) =>
        right[column] ? (cells[column] ?? "").padStart(width) : (cells[column] ?? "").padEnd(width),
      )
      .join("  ")
      .trimEnd();
  return [line(header), widths.map((width) => "-".repeat(width)).join("  "), ...rows.map(line)].join("\n");
}

/** Milliseconds with three significant digits or so: `0.042`, `4.27`, `153`. */
export function formatMs(ms: number): string {
  return ms.toFixed(ms < 0.1 ? 4 : ms < 1 ? 3 : ms < 100 ? 2 : 0);
}

/** `1,234,567`; up to two decimals if it is not whole. */
export function formatCount(value: number): string {
  return value.toLocaleString("en-US", { maximumFractionDigits: 2 });
}

/** `512 B`, `1.5 MiB`. */
export function formatBytes(bytes: number): string {
  let size = bytes;
  let unit = 0;
  while (size >= 1024 && unit < 3) {
    size /= 1024;
    unit++;
  }
  return `${unit === 0 ? size : size.toFixed(1)} ${["B", "KiB", "MiB", "GiB"][unit]}`;
}

/** JSON in which numbers that it does not have are texts, as in scenes: `"NaN"`, `"Infinity"`, `"-0"`. */
export function jsonText(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) => {
    if (typeof inner !== "number") return inner;
    return Object.is(inner, -0) ? "-0" : Number.isFinite(inner) ? inner : String(inner);
  });
}
