/** A place in a JSON document: object keys and array indices, from the top. */
export type Place = readonly PropertyKey[];

const plainKey = /^[A-Za-z_][A-Za-z0-9_]{0,63}$/;
/** A caller's keys may be as long as the body, so a place shows only this many characters of one. */
const shownKeyLength = 32;

/**
 * `$.steps[0].amount`; without a root, `steps[0].amount`. A key that is no plain name is quoted: `$["a b"]`.
 * @param root stands for the document; empty for none
 */
export function formatPlace(place: Place, root: "$" | "" = "$"): string {
  const text = place.map(formatPart).join("");
  return root === "" ? text.replace(/^\./, "") : root + text;
}

function formatPart(part: PropertyKey): string {
  if (typeof part === "number") return `[${part}]`;
  const key = String(part);
  if (plainKey.test(key)) return `.${key}`;
  return `[${JSON.stringify(key.length > shownKeyLength ? `${key.slice(0, shownKeyLength)}…` : key)}]`;
}
