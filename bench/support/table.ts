import { columns } from "../../embedded/src/table.ts";

/** One figure and its target; without a target it is only shown. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly target?: { readonly kind: "at most" | "at least" | "below"; readonly value: number };
}

export function holds({ value, target }: Figure): boolean {
  if (target === undefined) return true;
  switch (target.kind) {
    case "at most":
      return value <= target.value;
    case "at least":
      return value >= target.value;
    case "below":
      return value < target.value;
    default:
      return target.kind satisfies never;
  }
}

/** Lines of a table, the first of them its head. */
export function tableOf(figures: readonly Figure[]): string {
  const rows = figures.map((figure) => {
    const { name, value, unit, target } = figure;
    const wanted = target === undefined ? "" : `${target.kind} ${shown(target.value)}`;
    return [
      name,
      `${shown(value)} ${unit}`,
      wanted,
      target === undefined ? "" : holds(figure) ? "holds" : "DOES NOT HOLD",
    ];
  });
  return columns([["what", "measured", "target", ""], ...rows]).join("\n");
}

function shown(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toFixed(value < 10 ? 2 : 1);
}
