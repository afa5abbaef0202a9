export const say = (text = "") => process.stdout.write(`${text}\n`);

/** @throws Error with the problem that the demo found */
export function check(holds: boolean, problem: string): void {
  if (!holds) throw new Error(problem);
}
