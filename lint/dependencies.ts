import { globSync, readFileSync } from "node:fs";

interface Manifest {
  readonly name?: string;
  readonly workspaces?: readonly string[];
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

/** A workspace with the texts of its TypeScript files, by path from the repository's root. */
export interface Workspace {
  readonly folder: string;
  readonly manifest: Manifest;
  readonly files: ReadonlyMap<string, string>;
}

/**
 * Workspaces that only development runs. They declare everything as devDependencies, because `npm ci --omit=dev` installs
 * the dependencies of every workspace.
 */
const developmentOnly = new Set(["devnet", "test/servers"]);

/** Imports as the formatter and protoc-gen-es write them, those of types included. */
const importOf = /^(?:import\b|export\b|\})[^"'`;\n]* from "([^"]+)"|^import "([^"]+)"|\bimport\("([^"]+)"\)/gm;

/**
 * Packages that a workspace imports without declaring them, and declares without importing them, a sentence each. `src` may
 * import what `npm ci --omit=dev` installs for it; all other files also devDependencies, and those of the root.
 */
export function checkDependencies(root: Manifest, workspaces: readonly Workspace[]): string[] {
  const ofRoot = Object.keys(root.devDependencies ?? {});
  return workspaces.flatMap(({ folder, manifest, files }) => {
    const page = `${folder}/package.json`;
    const dependencies = Object.keys(manifest.dependencies ?? {});
    const devDependencies = Object.keys(manifest.devDependencies ?? {});
    const ofSource = developmentOnly.has(folder) ? "devDependencies" : "dependencies";
    const isSource = (path: string) => path.startsWith(`${folder}/src/`);
    const bySource = importsOf(files, isSource);
    const byOthers = importsOf(files, (path) => !isSource(path));
    const missing = (list: string, imports: ReadonlyMap<string, string>, declared: readonly string[]) =>
      [...imports]
        .filter(([name]) => name !== manifest.name && !declared.includes(name))
        .map(([name, path]) => `${page}: ${list} lack ${name}, which ${path} imports`);
    return [
      ...missing(ofSource, bySource, Object.keys(manifest[ofSource] ?? {})),
      ...missing("devDependencies", byOthers, [...dependencies, ...devDependencies, ...ofRoot, ...bySource.keys()]),
      ...dependencies
        .filter((name) => !bySource.has(name))
        .map((name) => `${page}: dependencies have ${name}, which nothing in ${folder}/src imports`),
      ...devDependencies
        .filter((name) => !bySource.has(name) && !byOthers.has(name))
        .map((name) => `${page}: devDependencies have ${name}, which nothing in ${folder} imports`),
    ];
  });
}

/** The packages that these files import, each with the first file that does. */
function importsOf(files: Workspace["files"], isWanted: (path: string) => boolean): ReadonlyMap<string, string> {
  const imports = new Map<string, string>();
  for (const [path, text] of files) {
    if (!isWanted(path)) continue;
    for (const [, from, alone, dynamic] of text.matchAll(importOf)) {
      const name = packageOf(from ?? alone ?? dynamic ?? "");
      if (name !== undefined && !imports.has(name)) imports.set(name, path);
    }
  }
  return imports;
}

/** Undefined for a file's path and for a module of Node. */
function packageOf(specifier: string): string | undefined {
  return /^(?!node:)(?:@[^/]+\/)?[^./@][^/]*/.exec(specifier)?.[0];
}

/** The workspaces that the root's `package.json` lists. @param root path of the repository */
export function readWorkspaces(root: string, { workspaces = [] }: Manifest): readonly Workspace[] {
  const read = (path: string) => readFileSync(`${root}/${path}`, "utf8");
  const manifests = globSync(
    workspaces.map((each) => `${each}/package.json`),
    { cwd: root },
  );
  return manifests.toSorted().map((path) => {
    const folder = path.slice(0, -"/package.json".length);
    const files = globSync(`${folder}/**/*.ts`, { cwd: root, exclude: ["**/node_modules/**"] }).toSorted();
    return { folder, manifest: JSON.parse(read(path)), files: new Map(files.map((file) => [file, read(file)])) };
  });
}

if (import.meta.main) {
  const root: Manifest = JSON.parse(readFileSync("package.json", "utf8"));
  const problems = checkDependencies(root, readWorkspaces(".", root));
  for (const problem of problems) process.stderr.write(`${problem}\n`);
  process.exitCode = problems.length === 0 ? 0 : 1;
}
