import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

interface LockedPackage {
  readonly link?: boolean;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly devOptional?: boolean;
}

/**
 * What `npm ci --omit=dev` installs of a registry's packages: their names, sorted, each once. Without those that are
 * optional: they bring Node itself for `./dev`, and no service loads them.
 */
export function productionPackages(lock: { readonly packages: Readonly<Record<string, LockedPackage>> }): string[] {
  const installed = Object.entries(lock.packages).filter(
    ([path, { link, dev, optional, devOptional }]) =>
      path.includes("node_modules/") && !link && !dev && !optional && !devOptional,
  );
  return [...new Set(installed.map(([path]) => path.slice(path.lastIndexOf("node_modules/") + 13)))].sort();
}

/** One line per package which one list has and the other has not: `+` where it is new, `-` where it is gone. */
export function difference(listed: readonly string[], installed: readonly string[]): string[] {
  return [
    ...installed.filter((name) => !listed.includes(name)).map((name) => `+ ${name}`),
    ...listed.filter((name) => !installed.includes(name)).map((name) => `- ${name}`),
  ];
}

if (import.meta.main) {
  const read = (path: string) => readFileSync(fileURLToPath(new URL(path, import.meta.url)), "utf8");
  const listed = read("production-packages.txt").trimEnd().split("\n");
  const lines = difference(listed, productionPackages(JSON.parse(read("../package-lock.json"))));
  if (lines.length > 0) {
    process.stderr.write(
      `${lines.join("\n")}\ndev: production packages are not those of lint/production-packages.txt: ` +
        "make them devDependencies where only tests need them, or change the list\n",
    );
    process.exitCode = 1;
  }
}
