/** The tokens of the devnet that page and wallet know by name. */
export const tokens = [
  { id: "nep141:wrap.near", name: "wNEAR", decimals: 24 },
  { id: "nep141:usdc.near", name: "USDC", decimals: 6 },
];

/**
 * An amount in raw units.
 * @param {string} text as people write it, e.g. `0.25`
 * @param {number} decimals of the token
 * @throws {Error} with a text for people
 */
export function rawAmount(text, decimals) {
  const [, whole, fraction = ""] = /^(\d{1,20})(?:\.(\d+))?$/.exec(text.trim()) ?? [];
  if (whole === undefined) throw new Error("the amount is not a number, as 0.25 is");
  if (fraction.length > decimals) throw new Error(`the token has ${decimals} decimals at most`);
  const raw = BigInt(whole + fraction.padEnd(decimals, "0"));
  if (raw === 0n) throw new Error("the amount is zero");
  return String(raw);
}

/**
 * @param {string} raw units
 * @param {number} decimals of the token
 */
export function shownAmount(raw, decimals) {
  const digits = raw.padStart(decimals + 1, "0");
  const fraction = digits.slice(-decimals).replace(/0+$/, "");
  return digits.slice(0, -decimals) + (fraction === "" ? "" : `.${fraction}`);
}

/**
 * @param {string} tokenId
 * @param {string} raw units, maybe with a minus sign
 */
export function amountText(tokenId, raw) {
  const token = tokens.find(({ id }) => id === tokenId);
  if (token === undefined || !/^-?\d+$/.test(raw)) return `${raw} of ${tokenId}`;
  const [sign, digits] = raw.startsWith("-") ? ["−", raw.slice(1)] : ["", raw];
  return `${sign}${shownAmount(digits, token.decimals)} ${token.name}`;
}
