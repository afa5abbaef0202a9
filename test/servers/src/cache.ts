import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** A file of this package. */
export const own = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url));

/** Where something built from these files of this package is kept: outside the checkout, another place for other files. */
export function cached(name: string, ...files: string[]): string {
  const hash = createHash("sha256").update(process.arch);
  for (const file of files) hash.update(readFileSync(own(file)));
  const caches = process.env.XDG_CACHE_HOME || join(homedir(), ".cache");
  return join(caches, "outlayer-test-servers", `${name}-${hash.digest("hex").slice(0, 12)}`);
}
