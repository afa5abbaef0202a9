import { posix } from "node:path";
import type { Tree } from "./docs/tree.ts";

interface Line {
  /** Undefined for every service. */
  readonly service: string | undefined;
  readonly folder: string;
  readonly allowed: readonly string[];
}

const page = "lint/arrows.txt";
const importOf = /\bfrom "(\.{1,2}\/[^"]+)"|\bimport\("(\.{1,2}\/[^"]+)"\)/g;

/** Imports between folders of a service that `lint/arrows.txt` does not allow, and its lines that name no folder, a sentence each. */
export function checkArrows({ paths, texts }: Tree): string[] {
  const lines = linesOf(texts.get(page) ?? "");
  const folders = [...paths].flatMap(
    (path) => /^services\/([^/]+)\/src\/(.+)$/.exec(path)?.slice(1, 3).join(" ") ?? [],
  );
  const dead = lines.filter(
    ({ service, folder }) => !folders.some((each) => each.endsWith(` ${folder}`) && each.startsWith(service ?? "")),
  );
  return [
    ...dead.map(({ service, folder }) => `${page}: there is no folder ${folder} of ${service ?? "any service"}`),
    ...[...texts].flatMap(([path, text]) => {
      const [, service = "", file] = /^services\/([^/]+)\/src\/(.+\.ts)$/.exec(path) ?? [];
      if (file === undefined) return [];
      const line = lineFor(lines, service, file);
      if (line === undefined) return [];
      const imported = [...text.matchAll(importOf)].map(([, from, dynamic]) =>
        posix.normalize(posix.join(posix.dirname(file), from ?? dynamic ?? "")),
      );
      return imported
        .filter((target) => ![line.folder, ...line.allowed].some((each) => isIn(target, each)))
        .map((target) => `${path}: ${line.folder} may not import ${target} (${page})`);
    }),
  ];
}

function linesOf(text: string): readonly Line[] {
  return text.split("\n").flatMap((line) => {
    const [, service = "", folder = "", allowed = ""] = /^(\S+) (\S+) ->(.*)$/.exec(line) ?? [];
    if (folder === "" || line.startsWith("#")) return [];
    return [{ service: service === "*" ? undefined : service, folder, allowed: allowed.split(" ").filter(Boolean) }];
  });
}

/** The line of the deepest folder that the file is in; one of its service before one of all. */
function lineFor(lines: readonly Line[], service: string, file: string): Line | undefined {
  const rank = (line: Line) => 2 * line.folder.length + (line.service === undefined ? 0 : 1);
  return lines
    .filter((line) => isIn(file, line.folder) && (line.service ?? service) === service)
    .toSorted((a, b) => rank(b) - rank(a))[0];
}

function isIn(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`);
}
