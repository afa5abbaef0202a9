import { onPath } from "./commands.ts";
import { remark } from "./run.ts";

const programs = ["chromium", "chromium-browser", "google-chrome-stable"];

/**
 * The path of a Chromium, for a suite's `before` hook: `CHROMIUM_TEST_PATH`, or on PATH. Without one the suite is skipped, and the end
 * of the run says what to install; where `CI` is set it fails.
 */
export function needChromium(context: Mocha.Context): string {
  const found = process.env.CHROMIUM_TEST_PATH ?? programs.map(onPath).find((path) => path !== undefined);
  if (found !== undefined) return found;
  const problem = `no Chromium for tests: install one (Debian's package is chromium), or name one by CHROMIUM_TEST_PATH`;
  if (process.env.CI) throw new Error(problem);
  remark(problem);
  return context.skip();
}
