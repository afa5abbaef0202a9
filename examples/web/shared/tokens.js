/** The tokens of the devnet that page and wallet know by name. */
export const tokens = [
  { id: "nep141:wrap.near", name: "wNEAR", decimals: 24 },
  { id: "nep141:usdc.near", name: "USDC", decimals: 6 },
];

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
