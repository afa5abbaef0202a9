/**
 * Preloaded into each process: its standard input is a pipe that whoever started it holds, and that ends with them, also
 * when they were killed and could end nothing.
 */
process.stdin.once("end", () => process.kill(process.pid, "SIGKILL")).resume();
// It keeps no process alive.
if ("unref" in process.stdin) process.stdin.unref();
