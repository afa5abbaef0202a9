/** Numbers of a version `X.Y.Z`; undefined for anything else. */
export function parseVersion(text: string): readonly number[] | undefined {
  if (!/^(?:0|[1-9]\d{0,8})(?:\.(?:0|[1-9]\d{0,8})){2}$/.test(text)) return undefined;
  return text.split(".").map(Number);
}

export function isGreater(version: readonly number[], than: readonly number[]): boolean {
  const difference = version.map((part, index) => part - (than[index] ?? 0)).find((part) => part !== 0);
  return difference !== undefined && difference > 0;
}

type Dependencies = Record<string, string>;

/** As much of a `package.json`, and of a lock file's entry for one, as a release changes. */
interface Manifest {
  name?: string;
  version?: string;
  dependencies?: Dependencies;
  devDependencies?: Dependencies;
  optionalDependencies?: Dependencies;
  peerDependencies?: Dependencies;
}

interface Lock {
  version: string;
  packages: Record<string, Manifest>;
}

/** Folders of the root and of all workspaces, the root's being "". */
export function workspacesOf(lockText: string): readonly string[] {
  return Object.keys((JSON.parse(lockText) as Lock).packages).filter((path) => !/(?:^|\/)node_modules\//.test(path));
}

/** Gives a `package.json` the version, and all that it names of the workspaces. @param names of the workspaces */
export function withVersion(text: string, version: string, names: ReadonlySet<string>): string {
  const manifest = JSON.parse(text) as Manifest;
  setVersion(manifest, version, names);
  return format(manifest);
}

/** The same for the lock file. */
export function lockWithVersion(text: string, version: string, names: ReadonlySet<string>): string {
  const lock = JSON.parse(text) as Lock;
  lock.version = version;
  for (const path of workspacesOf(text)) {
    const manifest = lock.packages[path];
    if (manifest !== undefined) setVersion(manifest, version, names);
  }
  return format(lock);
}

function setVersion(manifest: Manifest, version: string, names: ReadonlySet<string>): void {
  manifest.version = version;
  const { dependencies, devDependencies, optionalDependencies, peerDependencies } = manifest;
  for (const named of [dependencies, devDependencies, optionalDependencies, peerDependencies]) {
    for (const name of Object.keys(named ?? {})) if (named !== undefined && names.has(name)) named[name] = version;
  }
}

/** As npm writes these files. */
function format(json: object): string {
  return `${JSON.stringify(json, null, 2)}\n`;
}
