import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { sourceOf } from "@outlayer/distributed";
import { type ServiceName, serviceNames } from "@outlayer/kit";
import { build } from "esbuild";
import { compileCache } from "./compile-cache.ts";

/** A service's thread, which is started by its path. */
const thread = new URL("../../services/evidence/src/adapters/sqlite/checkpoint-thread.ts", import.meta.url);

/** Bundled CommonJS asks for Node's modules by `require`. */
const banner = `import { createRequire } from "node:module"; const require = createRequire(import.meta.url);`;

let built: Promise<Readonly<Record<ServiceName, string>>> | undefined;

/**
 * How tests start services, of which they start many: each from one file, since to load a thousand modules takes most of the
 * time of a start. Demos, the fault harness and the hostile one start the sources.
 */
export async function fastStarts() {
  built ??= buildAll();
  return { programs: await built, compileCache };
}

async function buildAll(): Promise<Readonly<Record<ServiceName, string>>> {
  const directory = mkdtempSync(join(tmpdir(), "service-programs-"));
  process.once("exit", () => rmSync(directory, { recursive: true, force: true }));
  await build({
    entryPoints: Object.fromEntries(serviceNames.map((name) => [name, sourceOf(name)])),
    outdir: directory,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node24",
    // Some packages' CommonJS cannot be bundled, and they have modules as well.
    mainFields: ["module", "main"],
    banner: { js: banner },
    logLevel: "error",
  });
  copyFileSync(thread, join(directory, basename(fileURLToPath(thread))));
  const programs = serviceNames.map((name) => [name, join(directory, `${name}.mjs`)] as const);
  return Object.fromEntries(programs) as Record<ServiceName, string>;
}
