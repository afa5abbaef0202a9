import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Of this run's services. */
export const compileCache = mkdtempSync(join(tmpdir(), "compile-cache-"));

process.once("exit", () => rmSync(compileCache, { recursive: true, force: true }));
