type Rows = readonly (readonly string[])[];

/** Lines of left-aligned columns, each as wide as its longest cell. */
export function columns(rows: Rows): string[] {
  const widths = widthsOf(rows);
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}

/** Columns under a head and a rule, indented. */
export function table(head: readonly string[], rows: Rows): string {
  const rule = widthsOf([head, ...rows]).map((width) => "─".repeat(width));
  return columns([head, rule, ...rows])
    .map((line) => `  ${line}`)
    .join("\n");
}

function widthsOf(rows: Rows): number[] {
  return (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
}
