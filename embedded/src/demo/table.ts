/** A table of left-aligned columns, as wide as their contents. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => (row[column] ?? "").length)));
  const line = (cells: readonly string[]) =>
    `  ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ")}`.trimEnd();
  return [line(head), line(widths.map((width) => "─".repeat(width))), ...rows.map(line)].join("\n");
}

/** The first characters of a hash, enough to tell it from others on the screen. */
export function short(hash: string | null): string {
  return hash === null ? "–" : hash.length > 12 ? `${hash.slice(0, 10)}…` : hash;
}

/** yoctoNEAR as NEAR with four decimals. */
export function near(yocto: string): string {
  return `${(Number(BigInt(yocto) / 10n ** 18n) / 1e6).toFixed(4)} NEAR`;
}
