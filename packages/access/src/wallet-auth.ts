import {
  type Clock,
  type ConfigReader,
  type Headerlike,
  json,
  list,
  Malformed,
  matchesAny,
  mustDiffer,
  noteInContext,
  type Parse,
  sha256Hex,
  sharedSecret,
  unauthenticated,
} from "@outlayer/kit";
import { isUuid, jsonMembers } from "@outlayer/workflow";
import { readSessionTerms, type SessionTerms } from "./session-keys.ts";
import type { Revocations } from "./session-revocations.ts";
import { sessionInvalid, tokenPattern, verifySession } from "./session-token.ts";
import { isSessionWalletId, sessionWalletId } from "./session-wallet.ts";

/** Accepted credentials of wallets' calls. */
export interface WalletCredentials {
  /** `INTERNAL_WALLET_AUTH_TOKEN`: any of these is accepted. */
  readonly internalTokens: readonly string[];
  /** API keys: hex SHA-256 of the key, to wallet id. */
  readonly apiKeys: ReadonlyMap<string, string>;
  /** How sessions' tokens are checked; undefined where nobody can sign in. */
  readonly sessions?: SessionTerms | undefined;
}

export function readWalletCredentials(reader: ConfigReader): WalletCredentials {
  const internalTokens = reader.requiredSecret("INTERNAL_WALLET_AUTH_TOKEN", list(sharedSecret));
  const apiKeys = reader.optionalSecret("WALLET_API_KEYS_JSON", walletApiKeys, new Map<string, string>());
  // Both undefined where they are malformed, which the reader has noted.
  for (const [index, token] of internalTokens?.entries() ?? []) {
    const entry = internalTokens.length === 1 ? "" : ` (entry ${index + 1})`;
    mustDiffer(reader, `INTERNAL_WALLET_AUTH_TOKEN${entry}`, token);
  }
  for (const [digest, walletId] of apiKeys ?? []) reader.distinct(`WALLET_API_KEYS_JSON (key of ${walletId})`, digest);
  const sessions = readSessionTerms(reader);
  return { internalTokens, apiKeys, ...(sessions === undefined ? {} : { sessions }) };
}

/** Opaque, 1 to 128 printable ASCII characters without whitespace. */
export const walletIdPattern = /^[!-~]{1,128}$/;

/** The wallet that a call acts for, and the credential that proved it. */
export interface WalletCaller {
  readonly walletId: string;
  readonly credential: "internal_token" | "api_key" | "session";
  /** Of a session alone. */
  readonly sessionId?: string;
}

const missing = { reason: "CREDENTIALS_MISSING" };
const wrong = { reason: "CREDENTIALS_WRONG" };

/**
 * Authenticates a wallet's call: `x-wallet-id` with `x-internal-wallet-auth`, or `authorization: Bearer wk_…`. The first
 * counts where both are sent. REST and gRPC take the same (rule: wallet-methods-take-wallet-credentials).
 * @throws Refusal Unauthenticated
 */
export function authenticateCaller(headers: Headerlike, credentials: WalletCredentials): WalletCaller {
  const caller = provenCaller(headers, credentials);
  noteInContext({ wallet_id: caller.walletId });
  return caller;
}

/** What the check of a session's token needs. */
export interface SessionCheck {
  readonly clock: Clock;
  readonly revocations: Pick<Revocations, "isRevoked">;
}

/**
 * Like `authenticateCaller`, and takes a session's token as `authorization: Bearer <JWT>` too. A promise for such a token alone.
 * @throws Refusal Unauthenticated, or rejects with it; rejects with Unavailable where it is unknown whether the session was revoked
 */
export function authenticateWallet(
  headers: Headerlike,
  credentials: WalletCredentials,
  check: SessionCheck,
): WalletCaller | Promise<WalletCaller> {
  const token = credentials.sessions && sessionTokenIn(headers);
  if (credentials.sessions === undefined || token === undefined) return authenticateCaller(headers, credentials);
  return sessionCaller(token, credentials.sessions, check);
}

async function sessionCaller(
  token: string,
  terms: SessionTerms,
  { clock, revocations }: SessionCheck,
): Promise<WalletCaller> {
  const { id, accountId } = await verifySession(terms, token, clock.now());
  if (await revocations.isRevoked(id)) throw sessionInvalid("the session was signed out: sign in again");
  const walletId = sessionWalletId(accountId);
  noteInContext({ wallet_id: walletId });
  return { walletId, credential: "session", sessionId: id };
}

/** Undefined where the headers carry another credential. */
function sessionTokenIn(headers: Headerlike): string | undefined {
  if (headers.get("x-wallet-id") !== null || headers.get("x-internal-wallet-auth") !== null) return undefined;
  const token = /^Bearer +(\S+)$/i.exec(headers.get("authorization") ?? "")?.[1];
  return token !== undefined && tokenPattern.test(token) ? token : undefined;
}

function provenCaller(headers: Headerlike, credentials: WalletCredentials): WalletCaller {
  const walletId = headers.get("x-wallet-id");
  const internalToken = headers.get("x-internal-wallet-auth");
  if (walletId !== null || internalToken !== null) {
    if (internalToken === null) throw unauthenticated("X-Internal-Wallet-Auth is required with X-Wallet-Id", missing);
    if (!matchesAny(internalToken, credentials.internalTokens))
      throw unauthenticated("wallet authentication failed", wrong);
    if (walletId === null) throw unauthenticated("X-Wallet-Id is required with X-Internal-Wallet-Auth", missing);
    if (!walletIdPattern.test(walletId)) {
      throw unauthenticated("X-Wallet-Id must be 1 to 128 printable ASCII characters without whitespace", wrong);
    }
    if (isSessionWalletId(walletId)) {
      throw unauthenticated("X-Wallet-Id must not start with account:, which only sessions may act for", wrong);
    }
    return { walletId, credential: "internal_token" };
  }
  const authorization = headers.get("authorization");
  if (authorization === null) {
    throw unauthenticated(
      "authentication is required: X-Wallet-Id with X-Internal-Wallet-Auth, or Authorization: Bearer wk_...",
      missing,
    );
  }
  const key = /^Bearer +(\S+)$/i.exec(authorization)?.[1];
  // The lookup is by digest, so its timing tells nothing of the keys themselves.
  const owner = key === undefined ? undefined : credentials.apiKeys.get(sha256Hex(key));
  if (owner === undefined) throw unauthenticated("wallet authentication failed", wrong);
  return { walletId: owner, credential: "api_key" };
}

/** Names the credential that proved the wallet to a service that vouches for it. */
const provenByHeader = "x-wallet-proven-by";
const sessionHeader = "x-wallet-session";

/** Headers by which a service vouches for a wallet: no credential goes along. */
export function vouchingHeaders({ walletId, credential, sessionId }: WalletCaller): Readonly<Record<string, string>> {
  const session = sessionId === undefined ? {} : { [sessionHeader]: sessionId };
  return { "x-wallet-id": walletId, [provenByHeader]: credential, ...session };
}

/**
 * The wallet that a service vouches for. Only for headers of a service that may vouch.
 * @returns undefined where it vouches for none @throws Refusal Unauthenticated
 */
export function vouchedCaller(headers: Headerlike): WalletCaller | undefined {
  const credential = headers.get(provenByHeader);
  if (credential === null) return undefined;
  const walletId = headers.get("x-wallet-id") ?? "";
  const isSession = credential === "session";
  const isKnown = isSession || credential === "internal_token" || credential === "api_key";
  if (!isKnown || !walletIdPattern.test(walletId) || isSession !== isSessionWalletId(walletId)) {
    throw unauthenticated("wallet authentication failed", wrong);
  }
  if (!isSession) return { walletId, credential };
  const sessionId = headers.get(sessionHeader) ?? "";
  if (!isUuid(sessionId)) throw unauthenticated("wallet authentication failed", wrong);
  return { walletId, credential, sessionId };
}

/** Least characters of an API key after `wk_`. */
const leastKeyLength = 24;

/**
 * `WALLET_API_KEYS_JSON`: an object of API key, or `sha256:<hex>` of one, to wallet id. A key given as a digest has no length to
 * check; a key given twice, in either form, is refused.
 */
export const walletApiKeys: Parse<ReadonlyMap<string, string>> = (value) => {
  const keys = new Map<string, string>();
  json(value);
  const members = jsonMembers(value);
  if (members === undefined) throw new Malformed("must be an object of API key to wallet id");
  for (const [key, walletId] of members) {
    if (typeof walletId !== "string" || !walletIdPattern.test(walletId)) {
      throw new Malformed("must map each API key to a wallet id of 1 to 128 printable ASCII characters");
    }
    if (isSessionWalletId(walletId)) {
      throw new Malformed(
        "must map no API key to a wallet id that starts with account:, which only sessions may act for",
      );
    }
    const digest = /^sha256:([0-9a-f]{64})$/.exec(key)?.[1];
    if (digest === undefined && !key.startsWith("wk_")) {
      throw new Malformed("must have keys that start with wk_, or sha256:<64 lower-case hex characters>");
    }
    if (digest === undefined && key.length < "wk_".length + leastKeyLength) {
      throw new Malformed(
        `must have keys with at least ${leastKeyLength} characters after wk_; ${walletId}'s has fewer`,
      );
    }
    const id = digest ?? sha256Hex(key);
    const other = keys.get(id);
    if (other !== undefined) throw new Malformed(`must hold each key once: one is of ${other} and of ${walletId}`);
    keys.set(id, walletId);
  }
  return keys;
};
