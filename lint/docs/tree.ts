import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** The repository as the checks read it. Paths are relative to its root, with `/` between folders. */
export interface Tree {
  /** Files and folders. */
  readonly paths: ReadonlySet<string>;
  /** Text of the files that people write, by path. */
  readonly texts: ReadonlyMap<string, string>;
}

const skipped = new Set(["node_modules", ".git", ".dev"]);
/** Written by machines, recorded from elsewhere, or made up: the tests of these checks cite rules and pages that are not there. */
const notOurs =
  /^lint\/test\/|(?:^|\/)fixtures\/|^packages\/contracts\/src\/gen\/|^proto\/(?:buf|google|grpc)\/|(?:^|\/)package-lock\.json$/;
const written = /(?:^|\/)(?:[^./]+|[^/]+\.(?:ts|js|md|txt|proto|json|ya?ml|sh|toml|grit))$/;

export function readTree(root: string): Tree {
  const paths = new Set<string>();
  const texts = new Map<string, string>();
  const read = (folder: string) => {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      if (skipped.has(entry.name)) continue;
      const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
      paths.add(path);
      if (entry.isDirectory()) read(path);
      else if (entry.isFile() && written.test(path) && !notOurs.test(path)) {
        texts.set(path, readFileSync(join(root, path), "utf8"));
      }
    }
  };
  read("");
  return { paths, texts };
}
