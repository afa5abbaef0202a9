import { posix } from "node:path";
import type { Tree } from "./tree.ts";

const link = /\]\(<?([^)\s>]+)>?(?:\s+"[^"]*")?\)|^\[[^\]]+\]:\s+(\S+)/g;
const scheme = /^[a-z][a-z0-9+.-]*:/i;
/** A page that a text names without a link. What stands in the address of another site is not ours. */
const named = /(?<![\w./:@-])(?:\.{1,2}\/)*[\w-][\w./-]*\.md\b/g;
const naming = /\.(?:ts|md|proto)$/;
/** A file of code that a page names, by its whole path or the end of it. */
const namedCode = /(?<![\w./:@-])(?:\.{1,2}\/)*[\w-][\w./-]*\.(?:ts|proto)\b/g;

/**
 * Problems of relative links in pages, of pages that are named in pages, code and contracts, and of code that is named in pages:
 * each leads somewhere.
 */
export function checkLinks({ paths, texts }: Tree): readonly string[] {
  const anchors = new Map(
    [...texts].filter(([path]) => path.endsWith(".md")).map(([path, text]) => [path, anchorsOf(text)]),
  );
  const problems: string[] = [];
  for (const [path, text] of texts) {
    const lines = path.endsWith(".md") ? withoutCode(text.split("\n")) : [];
    lines.forEach((line, index) => {
      for (const [, inline, reference] of line.matchAll(link)) {
        const to = inline ?? reference ?? "";
        const problem = scheme.test(to) ? undefined : problemOf(to, path, paths, anchors);
        if (problem !== undefined) problems.push(`${path}:${index + 1}: the link to ${to} leads nowhere: ${problem}`);
      }
    });
    if (!naming.test(path)) continue;
    text.split("\n").forEach((line, index) => {
      const words = line.replaceAll(link, "").replaceAll(/\b[a-z]+:\/\/\S+/g, "");
      const code = path.endsWith(".md") ? words.matchAll(namedCode) : [];
      for (const [file] of [...words.matchAll(named), ...code]) {
        if (!isThere(file, path, paths))
          problems.push(`${path}:${index + 1}: names ${file}, which is not in the repository`);
      }
    });
  }
  return problems;
}

function problemOf(
  to: string,
  from: string,
  paths: Tree["paths"],
  anchors: ReadonlyMap<string, ReadonlySet<string>>,
): string | undefined {
  const [file = "", anchor] = to.split("#");
  const path = file === "" ? from : resolve(decodeURI(file), from);
  if (path !== "." && !paths.has(path)) return `there is no ${path}`;
  if (anchor === undefined || anchor === "") return undefined;
  return anchors.get(path)?.has(anchor) ? undefined : `${path} has no heading #${anchor}`;
}

function resolve(file: string, from: string): string {
  return posix.normalize(posix.join(file.startsWith("/") ? "." : posix.dirname(from), file)).replace(/\/$/, "");
}

/** Named from the root, from beside the file, or by the end of its path, as `gate.md` for a page about the gate. */
function isThere(page: string, from: string, paths: Tree["paths"]): boolean {
  const name = page.replace(/^(?:\.{1,2}\/)+/, "");
  return paths.has(resolve(page, from)) || [...paths].some((path) => path === name || path.endsWith(`/${name}`));
}

/** The same lines, those of code blocks empty, and without code between backticks: what looks like a link there is none. */
function withoutCode(lines: readonly string[]): readonly string[] {
  let fence = "";
  return lines.map((line) => {
    const [, mark = ""] = /^\s*(`{3,}|~{3,})/.exec(line) ?? [];
    if (fence === "" && mark === "") return line.replaceAll(/(`+)[^`]+?\1/g, "");
    if (fence === "") fence = mark;
    else if (mark.startsWith(fence)) fence = "";
    return "";
  });
}

/** What GitHub makes of headings: lower case, without punctuation, hyphens for spaces; `-1` and so on behind ones that come again. */
function anchorsOf(text: string): ReadonlySet<string> {
  const anchors = new Set<string>();
  let isCode = false;
  for (const line of text.split("\n")) {
    if (/^\s*(?:```|~~~)/.test(line)) isCode = !isCode;
    const [, heading] = isCode ? [] : (/^#{1,6}\s+(.+?)\s*#*$/.exec(line) ?? []);
    if (heading === undefined) continue;
    const words = heading.replaceAll(/\]\([^)]*\)/g, "").toLowerCase();
    const slug = words.replaceAll(/[^\p{L}\p{N}\s_-]/gu, "").replaceAll(/\s/g, "-");
    let name = slug;
    for (let again = 1; anchors.has(name); again++) name = `${slug}-${again}`;
    anchors.add(name);
  }
  return anchors;
}
