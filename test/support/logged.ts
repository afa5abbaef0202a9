import type { System } from "./system.ts";

/** Waits until a line of a log says so. */
export async function logged(system: System, text: string): Promise<void> {
  while (!system.logs.some((line) => line.includes(text))) await new Promise((resolve) => setTimeout(resolve, 10));
}
