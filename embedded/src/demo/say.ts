export const say = (text = "") => process.stdout.write(`${text}\n`);

/** @throws Error that says what the demo found wrong */
export function check(holds: boolean, problem: string): void {
  if (!holds) throw new Error(problem);
}
