import { isMainThread } from "node:worker_threads";

/**
 * Preloaded into each process: ends it with its parent. The parent holds a pipe to its standard input, which closes when the parent
 * ends, even when that was killed. A thread of the process is preloaded too, and has a standard input that is closed from the begin.
 */
if (isMainThread) {
  process.stdin.once("end", () => process.kill(process.pid, "SIGKILL")).resume();
  // The pipe must keep no process alive.
  if ("unref" in process.stdin) process.stdin.unref();
}
