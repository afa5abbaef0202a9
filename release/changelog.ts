import { Refused } from "./refused.ts";

export interface ReleasedChangelog {
  /** The whole page, with an empty section "Unreleased" above the new one. */
  readonly page: string;
  /** What the new section says, without its heading. */
  readonly entries: string;
}

/**
 * Moves what stands under "Unreleased" under a version.
 * @param date `YYYY-MM-DD`
 * @throws Refused when no entry stands there
 */
export function releaseEntries(page: string, version: string, date: string): ReleasedChangelog {
  const heading = /^## Unreleased[ \t]*$/m.exec(page);
  if (heading === null) throw new Refused('CHANGELOG.md has no section "## Unreleased"');
  const before = page.slice(0, heading.index);
  const after = page.slice(heading.index + heading[0].length);
  const end = /^## /m.exec(after)?.index ?? after.length;
  const entries = after.slice(0, end).trim();
  if (!/^- \S/m.test(entries)) throw new Refused('CHANGELOG.md has no entries under "Unreleased"');
  const older = after.slice(end);
  const section = `## Unreleased\n\n## ${version} - ${date}\n\n${entries}\n`;
  return { page: before + section + (older === "" ? "" : `\n${older}`), entries };
}
