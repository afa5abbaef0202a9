import { posix } from "node:path";
import type { Tree } from "./docs/tree.ts";

interface Line {
  /** A service's name, `*` for every service, or `packages`. */
  readonly of: string;
  /** A folder of the service's sources; of `packages`, a package. */
  readonly folder: string;
  readonly allowed: readonly string[];
}

const page = "lint/arrows.txt";
const fileImport = /\bfrom "(\.{1,2}\/[^"]+)"|\bimport\("(\.{1,2}\/[^"]+)"\)/g;
const packageImport = /\bfrom "@outlayer\/([^"]+)"|\bimport\("@outlayer\/([^"]+)"\)/g;

/**
 * Imports between folders of a service and between packages that `lint/arrows.txt` does not allow, and its lines that name no
 * folder, a sentence each. Every package needs a line.
 */
export function checkArrows({ paths, texts }: Tree): string[] {
  const lines = linesOf(texts.get(page) ?? "");
  const ofPackages = lines.filter(({ of }) => of === "packages");
  const ofServices = lines.filter(({ of }) => of !== "packages");
  return [
    ...deadLines(paths, ofServices, ofPackages),
    ...[...texts].flatMap(([path, text]) => [
      ...betweenFolders(ofServices, path, text),
      ...betweenPackages(ofPackages, path, text),
    ]),
  ];
}

function deadLines(paths: Tree["paths"], ofServices: readonly Line[], ofPackages: readonly Line[]): string[] {
  const folders = [...paths].flatMap(
    (path) => /^services\/([^/]+)\/src\/(.+)$/.exec(path)?.slice(1, 3).join(" ") ?? [],
  );
  const isThere = ({ of, folder }: Line) =>
    folders.some((each) => (of === "*" ? each.endsWith(` ${folder}`) : each === `${of} ${folder}`));
  return [
    ...ofServices
      .filter((line) => !isThere(line))
      .map(({ of, folder }) => `${page}: there is no folder ${folder} of ${of === "*" ? "any service" : of}`),
    ...ofPackages
      .filter(({ folder }) => !paths.has(`packages/${folder}/src`))
      .map(({ folder }) => `${page}: there is no package ${folder}`),
  ];
}

function betweenFolders(lines: readonly Line[], path: string, text: string): string[] {
  const [, service = "", file] = /^services\/([^/]+)\/src\/(.+\.ts)$/.exec(path) ?? [];
  if (file === undefined) return [];
  const line = lineFor(lines, service, file);
  if (line === undefined) return [];
  return importsOf(text, fileImport)
    .map((target) => posix.normalize(posix.join(posix.dirname(file), target)))
    .filter((target) => ![line.folder, ...line.allowed].some((each) => isIn(target, each)))
    .map((target) => `${path}: ${line.folder} may not import ${target} (${page})`);
}

function betweenPackages(lines: readonly Line[], path: string, text: string): string[] {
  const name = /^packages\/([^/]+)\/src\/.+\.ts$/.exec(path)?.[1];
  if (name === undefined) return [];
  const line = lines.find(({ folder }) => folder === name);
  if (line === undefined) return [`${path}: package ${name} has no line in ${page}`];
  return importsOf(text, packageImport)
    .filter((target) => !line.allowed.some((each) => isIn(target, each)))
    .map((target) => `${path}: package ${name} may not import @outlayer/${target} (${page})`);
}

function importsOf(text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].map(([, from, dynamic]) => from ?? dynamic ?? "");
}

function linesOf(text: string): readonly Line[] {
  return text.split("\n").flatMap((line) => {
    const [, of = "", folder = "", allowed = ""] = /^(\S+) (\S+) ->(.*)$/.exec(line) ?? [];
    return folder === "" || line.startsWith("#") ? [] : [{ of, folder, allowed: allowed.split(" ").filter(Boolean) }];
  });
}

/** The line of the deepest folder that the file is in; one of its service before one of all. */
function lineFor(lines: readonly Line[], service: string, file: string): Line | undefined {
  const rank = ({ of, folder }: Line) => 2 * folder.length + (of === "*" ? 0 : 1);
  return lines
    .filter(({ of, folder }) => isIn(file, folder) && (of === "*" || of === service))
    .toSorted((a, b) => rank(b) - rank(a))[0];
}

function isIn(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`);
}
