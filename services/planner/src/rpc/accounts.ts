import type {
  DeriveAccountRequest,
  GetAccountRequest,
  GetStaleKeysRequest,
} from "@outlayer/contracts/outlayer/planner/v1/planner";
import { invalid } from "@outlayer/kit";
import {
  accountKind,
  EncodingError,
  implicitAccountOf,
  isAccountId,
  normalizeTokenId,
  parseVerifierKey,
  type VerifierKey,
} from "@outlayer/near";
import { readKeyDocument } from "@outlayer/workflow";
import { accountOf, type KeyTerms, staleKeysOf } from "../core/account.ts";
import type { ReadAccount } from "../core/ports.ts";
import { documentOfText, reading } from "./document.ts";

export interface AccountDeps {
  readonly terms: KeyTerms;
  readonly readAccount: ReadAccount;
}

/** Reads an account as the verifier and NEAR have it. */
export async function getAccount(
  { terms, readAccount }: AccountDeps,
  { accountId, publicKey, tokenIds }: GetAccountRequest,
  signal: AbortSignal,
) {
  requireAccountId(accountId);
  if (publicKey !== undefined) readKey(publicKey);
  const tokens = tokenIds.map((token) => {
    const id = normalizeTokenId(token);
    if (id === undefined)
      throw invalid(`token_id ${token} is not a token id`, { reason: "INVALID_TOKEN_ID", field: "token_id" });
    return id;
  });
  const asked = { accountId, publicKey, tokenIds: [...new Set(tokens)] };
  return { account: accountOf(terms, asked, await readAccount(asked, signal)) };
}

/** Names the keys that the verifier takes for an account although NEAR does not give them full access. */
export async function getStaleKeys(
  { terms, readAccount }: AccountDeps,
  { accountId }: GetStaleKeysRequest,
  signal: AbortSignal,
) {
  requireAccountId(accountId);
  const facts = await readAccount({ accountId, publicKey: undefined, tokenIds: [] }, signal);
  return { staleKeys: staleKeysOf(terms, accountId, facts) };
}

/** Says which implicit account a key has. */
export function deriveAccount({ body }: DeriveAccountRequest) {
  const publicKey = keyText(body);
  const accountId = implicitAccountOf(readKey(publicKey));
  return { publicKey, accountId, kind: accountKind(accountId) };
}

function keyText(body: DeriveAccountRequest["body"]): string {
  switch (body.case) {
    case "publicKey":
      return body.value;
    case "keyJson":
      return reading(() => readKeyDocument(documentOfText(body.value)));
    case undefined:
      throw invalid("a key is required");
  }
}

/** @throws Refusal InvalidArgument */
export function requireAccountId(accountId: string): void {
  if (!isAccountId(accountId))
    throw invalid("account_id is not an account id", { reason: "INVALID_ACCOUNT_ID", field: "account_id" });
}

/** @throws Refusal InvalidArgument */
function readKey(publicKey: string): VerifierKey {
  try {
    return parseVerifierKey(publicKey);
  } catch (error) {
    if (!(error instanceof EncodingError)) throw error;
    throw invalid(`public_key is ${error.message}`, { reason: "INVALID_PUBLIC_KEY", field: "public_key" });
  }
}
