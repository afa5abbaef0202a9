import { type Decoder, entries, parsed } from "../sdk/decoder.ts";
import { i128Text, u128Text } from "../sdk/integers.ts";
import { compareTokenIds, parseTokenId } from "./token-id.ts";

/** Amounts in raw units by token id, sorted. */
export type TokenAmounts = ReadonlyMap<string, bigint>;

const tokenIdText: Decoder<string> = parsed(parseTokenId);

/** `{<token>: "<amount>"}`. */
export const tokenAmounts: Decoder<TokenAmounts> = sortedMap(u128Text);

/** `{<token>: "<delta>"}`, deltas signed. */
export const tokenDeltas: Decoder<TokenAmounts> = sortedMap(i128Text);

/** Amounts in JSON: strings, sorted by token. */
export function amountsJson(amounts: TokenAmounts): Readonly<Record<string, string>> {
  return Object.fromEntries(sorted(amounts).map(([tokenId, amount]) => [tokenId, amount.toString()]));
}

function sortedMap(amount: Decoder<bigint>): Decoder<TokenAmounts> {
  const pairs = entries(tokenIdText, amount);
  return { decode: (value) => new Map(sorted(pairs.decode(value))) };
}

function sorted(amounts: Iterable<readonly [string, bigint]>): readonly (readonly [string, bigint])[] {
  return [...amounts].sort(([a], [b]) => compareTokenIds(a, b));
}
