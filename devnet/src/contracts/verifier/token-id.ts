import { parseAccountId } from "../../crypto/account-id.ts";
import { FormatError } from "../../crypto/format-error.ts";

/** Kinds of token in the order that lists of tokens are sorted by. */
const STANDARDS = ["nep141", "nep171", "nep245", "imt"] as const;
type TokenStandard = (typeof STANDARDS)[number];

const MAX_ID_LENGTH = 127;

interface Parts {
  readonly standard: TokenStandard;
  readonly contractId: string;
  /** Empty for NEP-141. */
  readonly id: string;
}

/**
 * The text itself, once it is a token id: `nep141:<account>`, `nep171:<account>:<id>`, `nep245:<account>:<id>` or
 * `imt:<minter>:<id>`.
 * @throws FormatError
 */
export function parseTokenId(text: string): string {
  partsOf(text);
  return text;
}

export function isTokenId(text: string): boolean {
  try {
    partsOf(text);
    return true;
  } catch (error) {
    if (error instanceof FormatError) return false;
    throw error;
  }
}

/** @param tokenId a valid token id */
export function standardOf(tokenId: string): TokenStandard {
  return partsOf(tokenId).standard;
}

/** Order of the verifier's sorted maps: by standard, contract, id. Both must be valid token ids. */
export function compareTokenIds(first: string, second: string): number {
  const [a, b] = [partsOf(first), partsOf(second)];
  const byStandard = STANDARDS.indexOf(a.standard) - STANDARDS.indexOf(b.standard);
  return byStandard || compare(a.contractId, b.contractId) || compare(a.id, b.id);
}

function partsOf(text: string): Parts {
  const [standardText, data] = split(text);
  const standard = STANDARDS.find((known) => known === standardText);
  if (standard === undefined) throw new FormatError("Matching variant not found");
  if (standard === "nep141") return { standard, contractId: accountOf(data), id: "" };
  const [contractId, id] = split(data);
  const length = Buffer.byteLength(id);
  if (length > MAX_ID_LENGTH) {
    throw new FormatError(`TokenId is too long. Max length is ${MAX_ID_LENGTH}, got ${length}`);
  }
  return { standard, contractId: accountOf(contractId), id };
}

function split(text: string): readonly [string, string] {
  const colon = text.indexOf(":");
  if (colon < 0) throw new FormatError("Matching variant not found");
  return [text.slice(0, colon), text.slice(colon + 1)];
}

function accountOf(text: string): string {
  try {
    return parseAccountId(text);
  } catch (error) {
    if (error instanceof FormatError) throw new FormatError(`AccountId: ${error.message}`);
    throw error;
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
