/**
 * Preloaded into each process: ends it with its parent. The parent holds a pipe to its standard input, which closes when the parent
 * ends, even when that was killed.
 */
process.stdin.once("end", () => process.kill(process.pid, "SIGKILL")).resume();
// The pipe must keep no process alive.
if ("unref" in process.stdin) process.stdin.unref();
