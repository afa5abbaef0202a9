import { posix } from "node:path";
import type { Tree } from "./docs/tree.ts";

const page = "lint/exports.txt";
const declaration =
  /^export (?:async )?(?:abstract )?(function\*?|const|let|class|interface|type) (?:(\w+)|\{([^}]*)\} =)/gm;
const clause = /^(import|export)(?: type)? (?:(\*(?: as \w+)?)|\{([^}]*)\})(?: from "([^"]+)")?;/gm;
/** At run time, or within a type: whatever the module exports may be used. */
const whole = /\bimport\("([^"]+)"\)/g;

interface Module {
  /** What it declares itself, or lists. */
  readonly names: ReadonlySet<string>;
  /** Modules all of whose exports are its own as well. */
  readonly stars: readonly string[];
  /** What it takes from other modules; without names all of it. */
  readonly uses: readonly { readonly from: string; readonly names: readonly string[] | undefined }[];
}

/**
 * Exports that no other file imports. A type may be exported that only its own file uses: what the file's functions take and
 * give has a name for whoever calls them. Also lines of `lint/exports.txt` for exports that are imported or not there. A sentence each.
 * It relies on imports and exports standing as the formatter writes them.
 */
export function checkExports(tree: Tree): string[] {
  const modules = modulesOf(tree);
  const used = new Set<string>();
  const use = (path: string, name: string | undefined) => {
    const key = `${path} ${name ?? "*"}`;
    const module = modules.get(path);
    if (module === undefined || used.has(key)) return;
    used.add(key);
    if (name === undefined) for (const each of module.names) use(path, each);
    for (const star of module.stars) use(star, name);
  };
  for (const { uses } of modules.values()) {
    for (const { from, names } of uses) for (const name of names ?? [undefined]) use(from, name);
  }
  const dead = [...modules].flatMap(([path, { names }]) =>
    [...names].filter((name) => !used.has(`${path} ${name}`)).map((name) => `${path} ${name}`),
  );
  const excepted = exceptionsOf(tree.texts.get(page) ?? "");
  return [
    ...dead
      .filter((key) => !excepted.has(key))
      .map((key) => {
        const [path, name] = key.split(" ");
        return `${path}: nobody imports ${name}: declare it without export, or remove it`;
      }),
    ...[...excepted].filter((key) => !dead.includes(key)).map((key) => `${page}: ${key} needs no exception`),
  ];
}

/** Lines `path name: why`. */
function exceptionsOf(text: string): ReadonlySet<string> {
  return new Set(text.split("\n").flatMap((line) => /^([^#\s]\S* \w+): \S/.exec(line)?.[1] ?? []));
}

/** This folder's own modules are left out: the tree does not hold their tests. */
function modulesOf({ texts }: Tree): ReadonlyMap<string, Module> {
  const packages = packagesOf(texts);
  const modules = new Map<string, Module>();
  for (const [path, text] of texts) {
    if (!path.endsWith(".ts") || path.startsWith("lint/")) continue;
    const resolve = (specifier: string) =>
      specifier.startsWith(".")
        ? posix.normalize(posix.join(posix.dirname(path), specifier))
        : (packages.get(specifier) ?? specifier);
    const names = new Set<string>();
    const stars: string[] = [];
    const uses: Module["uses"][number][] = [];
    for (const [, kind = "", name, pattern = ""] of text.matchAll(declaration)) {
      if (isType(kind) && name !== undefined && occurrences(text, name) > 1) continue;
      for (const each of name === undefined ? bound(pattern, ":") : [name]) names.add(each);
    }
    for (const [, verb, star, list = "", specifier] of text.matchAll(clause)) {
      const from = specifier === undefined ? undefined : resolve(specifier);
      if (verb === "export" && star === "*") {
        if (from !== undefined) stars.push(from);
        continue;
      }
      if (verb === "export") for (const each of bound(list, " as ")) names.add(each);
      if (from !== undefined) uses.push({ from, names: star === undefined ? taken(list) : undefined });
    }
    for (const [, specifier = ""] of text.matchAll(whole)) uses.push({ from: resolve(specifier), names: undefined });
    modules.set(path, { names, stars, uses });
  }
  return modules;
}

const isType = (kind: string) => kind === "interface" || kind === "type";

function occurrences(text: string, name: string): number {
  return text.split(new RegExp(`\\b${name}\\b`)).length - 1;
}

/** The names that a list gives, after what renames them. */
function bound(list: string, renames: string): readonly string[] {
  return itemsOf(list).map((item) => (item.split(renames).at(-1) ?? "").trim());
}

/** The names that a list takes, before they are renamed. */
function taken(list: string): readonly string[] {
  return itemsOf(list).map((item) => (item.split(" as ")[0] ?? "").trim());
}

function itemsOf(list: string): readonly string[] {
  return list
    .split(",")
    .map((item) => item.trim().replace(/^type /, ""))
    .filter(Boolean);
}

/** The file that each name of a workspace's package stands for. */
function packagesOf(texts: Tree["texts"]): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  for (const [path, text] of texts) {
    if (posix.basename(path) !== "package.json") continue;
    const { name = "", exports = {} } = JSON.parse(text) as { name?: string; exports?: Record<string, string> };
    for (const [entry, target] of Object.entries(exports)) {
      files.set(posix.join(name, entry), posix.join(posix.dirname(path), target));
    }
  }
  return files;
}
