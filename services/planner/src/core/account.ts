import type { GetAccountResponse } from "@outlayer/contracts/outlayer/broadcaster/v1/broadcaster";
import {
  type AccountKind,
  accountKind,
  isStaleKey,
  type KeyOnNear,
  keyOnNear,
  parseVerifierKey,
  walletLink,
} from "@outlayer/near";

/** An account's facts, as the broadcaster reads them. */
export type AccountFacts = Omit<GetAccountResponse, "$typeName">;

export interface AccountAsked {
  readonly accountId: string;
  /** The key that the caller asks about. */
  readonly publicKey: string | undefined;
  readonly tokenIds: readonly string[];
}

export interface KeyTerms {
  readonly verifierId: string;
  /** The network's name in NEAR's command line tool. */
  readonly networkId: string;
  /** The web wallet whose page signs a transaction; undefined: none. */
  readonly walletUrl: string | undefined;
}

interface Key {
  readonly publicKey: string;
  readonly registered: boolean;
  readonly onNear: KeyOnNear;
  readonly stale: boolean;
}

/** Most keys of an answer. */
const mostKeys = 100;

/** What the verifier's methods for keys need; exactly one yoctoNEAR. Source: docs/counterparts/verifier.md. */
const keyGas = "100000000000000";
const keyDepositYocto = "1";

/** An account as the verifier and NEAR have it, and what to do about its keys. */
export function accountOf(terms: KeyTerms, { accountId, publicKey, tokenIds }: AccountAsked, facts: AccountFacts) {
  const kind = accountKind(accountId);
  const keys = registeredKeys(accountId, facts);
  const asked = publicKey === undefined ? undefined : keyOf(accountId, facts, publicKey, facts.keyRegistered === true);
  const wanted = keyToRegister(kind, facts, asked);
  return {
    accountId,
    kind,
    existsOnNear: facts.exists,
    locked: facts.locked,
    authByPredecessor: facts.authByPredecessor,
    keys: [...keys].sort((a, b) => Number(b.stale) - Number(a.stale)).slice(0, mostKeys),
    keysTotal: facts.registeredTotal,
    ...(asked === undefined ? {} : { askedKey: asked }),
    message: messageOf(accountId, kind, facts, keys, asked),
    ...(wanted === undefined ? {} : { registration: keyTransaction(terms, accountId, "add_public_key", wanted) }),
    balances: Object.fromEntries(tokenIds.map((token, index) => [token, facts.balances[index] ?? "0"])),
    blockHeight: facts.blockHeight,
  };
}

/** The keys that the verifier takes for an account although NEAR, which could hold them, does not give them full access. */
export function staleKeysOf(terms: KeyTerms, accountId: string, facts: AccountFacts) {
  const stale = registeredKeys(accountId, facts).filter((key) => key.stale);
  return {
    accountId,
    existsOnNear: facts.exists,
    staleKeys: stale.slice(0, mostKeys).map((key) => {
      return {
        key,
        message: `whoever has this key controls ${accountId} in the verifier, and NEAR does not give the key full access: remove it, unless it was registered for the verifier alone`,
        ...(mayTransact(facts)
          ? { removal: keyTransaction(terms, accountId, "remove_public_key", key.publicKey) }
          : {}),
        removalStepJson: JSON.stringify({ kind: "intents.remove_public_key", public_key: key.publicKey }),
      };
    }),
    staleTotal: stale.length,
    blockHeight: facts.blockHeight,
  };
}

function registeredKeys(accountId: string, facts: AccountFacts): readonly Key[] {
  return facts.registeredKeys.map((publicKey) => keyOf(accountId, facts, publicKey, true));
}

function keyOf(accountId: string, facts: AccountFacts, publicKey: string, registered: boolean): Key {
  const onNear = keyOnNear(publicKey, facts.nearKeys);
  return { publicKey, registered, onNear, stale: registered && isStaleKey(accountId, facts.exists, onNear) };
}

/** Whether the account can change its keys by a transaction. */
function mayTransact({ exists, locked, authByPredecessor }: AccountFacts): boolean {
  return exists && !locked && authByPredecessor;
}

/** The asked key where it is not registered, or else the account's first own key where none is. An Ethereum account has none on NEAR. */
function keyToRegister(kind: AccountKind, facts: AccountFacts, asked: Key | undefined): string | undefined {
  if (!mayTransact(facts) || kind === "implicit_eth") return undefined;
  if (asked !== undefined) return asked.registered ? undefined : asked.publicKey;
  if (facts.registeredTotal > 0) return undefined;
  const own = facts.nearKeys.filter(({ publicKey, fullAccess }) => fullAccess && isTakenByVerifier(publicKey));
  return own.map(({ publicKey }) => publicKey).sort()[0];
}

function isTakenByVerifier(publicKey: string): boolean {
  try {
    parseVerifierKey(publicKey);
    return true;
  } catch {
    return false;
  }
}

function messageOf(
  accountId: string,
  kind: AccountKind,
  facts: AccountFacts,
  keys: readonly Key[],
  asked: Key | undefined,
): string {
  if (facts.locked) return `the verifier has locked ${accountId}: it receives, and does nothing else`;
  const stale = keys.filter((key) => key.stale).length;
  if (stale === 1) return "one of its keys is stale: the verifier takes it, and NEAR does not give it full access";
  if (stale > 1)
    return `${stale} of its keys are stale: the verifier takes them, and NEAR does not give them full access`;
  if (kind === "named" && !facts.exists)
    return `${accountId} is not on NEAR: whoever creates it holds what is paid to it`;
  if (kind === "deterministic" && !facts.exists)
    return `${accountId} is not on NEAR: what is paid to it is for the contract that it is derived from`;
  if (asked !== undefined && !asked.registered) return `${asked.publicKey} is not registered: it cannot sign intents`;
  if (facts.registeredTotal > 0) return "it signs intents with each of its keys";
  if (kind === "implicit_eth") return "it signs intents with its own key, unless that was removed";
  const paid = "no key is registered: it can be paid, and signs no intents until it has registered one";
  return facts.authByPredecessor ? paid : `${paid}, which its transactions cannot: they are switched off`;
}

function keyTransaction(
  { verifierId, networkId, walletUrl }: KeyTerms,
  accountId: string,
  methodName: "add_public_key" | "remove_public_key",
  publicKey: string,
) {
  const args = JSON.stringify({ public_key: publicKey });
  const call = { signerId: accountId, receiverId: verifierId, methodName };
  const attached = { gas: BigInt(keyGas), deposit: BigInt(keyDepositYocto) };
  const link = walletUrl && walletLink(walletUrl, { ...call, args: new TextEncoder().encode(args), ...attached });
  const words = `near contract call-function as-transaction ${verifierId} ${methodName} json-args '${args}'`;
  return {
    ...call,
    publicKey,
    gas: keyGas,
    depositYocto: keyDepositYocto,
    command: `${words} prepaid-gas '100 Tgas' attached-deposit '1 yoctoNEAR' sign-as ${accountId} network-config ${networkId}`,
    ...(link === undefined ? {} : { walletLink: link }),
  };
}
