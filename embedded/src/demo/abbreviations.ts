/** The first characters of a hash, enough to tell it from others on the screen. */
export function short(hash: string | null): string {
  return hash === null ? "–" : hash.length > 12 ? `${hash.slice(0, 10)}…` : hash;
}

/** yoctoNEAR as NEAR with four decimals. */
export function near(yocto: string): string {
  return `${(Number(BigInt(yocto) / 10n ** 18n) / 1e6).toFixed(4)} NEAR`;
}
