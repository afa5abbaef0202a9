import type { Tree } from "./tree.ts";

/** Characters of a line of prose. */
const widest = 120;
/** Neither can be broken: rows of tables, headings, and lines with an address. */
const unbroken = /^\s*\||^#|\]\(|https?:\/\//;

/** Lines of prose in pages that are too wide, a sentence each. Code blocks may be as wide as they are. */
export function checkWidth({ texts }: Tree): readonly string[] {
  return [...texts].filter(([path]) => path.endsWith(".md")).flatMap(([path, text]) => tooWide(path, text));
}

function tooWide(path: string, text: string): readonly string[] {
  let isCode = false;
  return text.split("\n").flatMap((line, index) => {
    if (/^\s*(?:```|~~~)/.test(line)) isCode = !isCode;
    const width = [...line].length;
    if (isCode || width <= widest || unbroken.test(line)) return [];
    return [`${path}:${index + 1}: ${width} characters, a line of prose has at most ${widest}`];
  });
}
