import { onPath } from "./commands.ts";
import { remark } from "./run.ts";

/**
 * The path of Prometheus' promtool, for a suite's `before` hook: `PROMTOOL_TEST_PATH`, or on PATH. Without one the suite is skipped,
 * and the end of the run says what to install; where `CI` is set it fails.
 */
export function needPromtool(context: Mocha.Context): string {
  const found = process.env.PROMTOOL_TEST_PATH ?? onPath("promtool");
  if (found !== undefined) return found;
  const problem = "no promtool for tests: install Debian's package prometheus, or name one by PROMTOOL_TEST_PATH";
  if (process.env.CI) throw new Error(problem);
  remark(problem);
  return context.skip();
}
