import { endRun } from "./run.ts";

/** mocha calls this once, after the last test, also when tests failed. */
export const mochaGlobalTeardown = endRun;
