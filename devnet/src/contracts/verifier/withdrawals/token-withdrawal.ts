import type { Env, PromiseAction, PromiseIndex } from "../../../contract.ts";
import { accountId, type Decoder, object, optional, text } from "../../sdk/decoder.ts";
import { u64Text, u128Text } from "../../sdk/integers.ts";
import { change, json, type Method, promised } from "../../sdk/method.ts";
import { assertOneYocto } from "../../sdk/one-yocto.ts";
import { type CallSpec, callAction, promiseCall } from "../../sdk/promises.ts";
import { authenticated } from "../authenticated.ts";
import { LiveEffects } from "../engine/effects.ts";
import type { Intent } from "../engine/execution.ts";
import { intentEvent } from "../events.ts";
import { verifierGas } from "../gas.ts";
import { VerifierState } from "../state/verifier-state.ts";
import { type TokenList, takeTokens } from "./taken-tokens.ts";
import { assertUnwrapped, unwrapNear } from "./unwrap-near.ts";

/** Fields that withdrawals of all token standards share. Amounts in raw units, gas in gas units. */
export interface TokenWithdrawal {
  /** The token's contract. */
  readonly token: string;
  readonly receiver_id: string;
  readonly memo: string | undefined;
  /** If set, the receiver is called with it. */
  readonly msg: string | undefined;
  /** If set, first registers the receiver with the token, for that many yoctoNEAR of the owner's wNEAR. */
  readonly storage_deposit: bigint | undefined;
  readonly min_gas: bigint | undefined;
}

/** The parts that differ by token standard. */
export interface WithdrawalKind<W extends TokenWithdrawal> {
  /** Name of the intent, the event and the transaction. */
  readonly name: "ft_withdraw" | "nft_withdraw" | "mt_withdraw";
  /** Tokens that it takes, without the storage deposit. @throws ContractPanic `invalid intent` */
  taken(withdraw: W): TokenList;
  /** The token's transfer call. */
  transfer(withdraw: W): { readonly method: string; readonly args: object; readonly gas: bigint };
  /** The callback that refunds failed transfers. */
  resolve(withdraw: W, ownerId: string): CallSpec;
  /** The withdrawal as JSON shows it. */
  json(withdraw: W): object;
}

export const withdrawalFields = {
  token: accountId,
  receiver_id: accountId,
  memo: optional(text),
  msg: optional(text),
  storage_deposit: optional(u128Text),
  min_gas: optional(u64Text),
} as const;

/** The payload's gas or else `fallback`, but at least `min`: for a plain transfer, or for one that calls the receiver. */
export function transferGas(
  { msg, min_gas }: TokenWithdrawal,
  gas: Readonly<Record<"plain" | "call", { readonly min: bigint; readonly fallback: bigint }>>,
): bigint {
  const { min, fallback } = gas[msg === undefined ? "plain" : "call"];
  const asked = min_gas ?? fallback;
  return asked > min ? asked : min;
}

/** Common fields in JSON, with the kind's own in between. */
export function withdrawalJson(withdraw: TokenWithdrawal, kindFields: object): object {
  const { token, receiver_id, memo, msg, storage_deposit, min_gas } = withdraw;
  return {
    token,
    receiver_id,
    ...kindFields,
    memo,
    msg,
    storage_deposit: storage_deposit?.toString(),
    min_gas: min_gas?.toString(),
  };
}

/** The intent. Its promises are detached, so that the payload succeeds whatever their result. */
export function withdrawalIntent<W extends TokenWithdrawal>(kind: WithdrawalKind<W>, withdraw: W): Intent {
  return ({ state, effects }, { accountId: ownerId, intentHash }) => {
    const data = { intent_hash: intentHash, account_id: ownerId, ...kind.json(withdraw) };
    effects.emit(intentEvent(kind.name, [data]));
    takeTokens(state, effects, ownerId, takenWithStorage(state, kind, withdraw));
    effects.schedule((env) => promiseWithdrawal(env, kind, withdraw, ownerId));
  };
}

/**
 * The method `<name> {…}` for the owner with 1 yoctoNEAR, and the callback `do_<name>`, which continues a withdrawal once NEAR is
 * unwrapped for its storage deposit.
 */
export function withdrawalMethods<W extends TokenWithdrawal>(
  kind: WithdrawalKind<W>,
  withdrawal: Decoder<W>,
): Readonly<Record<string, Method>> {
  return {
    [kind.name]: change({ gas: verifierGas.transaction, payable: true }, withdrawal, (env, given) => {
      assertOneYocto(env);
      const state = new VerifierState(env.storage);
      const ownerId = authenticated(env, state);
      const effects = new LiveEffects(env);
      const withdraw = { ...given, storage_deposit: undefined, min_gas: undefined };
      takeTokens(state, effects, ownerId, kind.taken(withdraw));
      const promise = promiseWithdrawal(env, kind, withdraw, ownerId);
      effects.finish();
      return promised(promise);
    }),
    [`do_${kind.name}`]: change(
      { gas: verifierGas.doWithdraw, private: true },
      object({ withdraw: withdrawal }),
      (env, { withdraw }) => {
        assertUnwrapped(env);
        return promised(promiseTransfer(env, kind, withdraw));
      },
    ),
  };
}

/** Amounts as a resolver answers them. */
export function amountsAnswer(amounts: readonly bigint[]): ReturnType<typeof json> {
  return json(amounts.map(String));
}

function takenWithStorage<W extends TokenWithdrawal>(
  state: VerifierState,
  kind: WithdrawalKind<W>,
  withdraw: W,
): TokenList {
  const taken = kind.taken(withdraw);
  const { storage_deposit } = withdraw;
  return storage_deposit === undefined ? taken : [...taken, [state.wrappedNearToken, storage_deposit]];
}

function promiseWithdrawal<W extends TokenWithdrawal>(
  env: Env,
  kind: WithdrawalKind<W>,
  withdraw: W,
  ownerId: string,
): PromiseIndex {
  const sent =
    withdraw.storage_deposit === undefined
      ? promiseTransfer(env, kind, withdraw)
      : promiseAfterUnwrapping(env, kind, withdraw, withdraw.storage_deposit);
  return promiseCall(env, env.current, kind.resolve(withdraw, ownerId), sent);
}

function promiseAfterUnwrapping<W extends TokenWithdrawal>(
  env: Env,
  kind: WithdrawalKind<W>,
  withdraw: W,
  storageDeposit: bigint,
): PromiseIndex {
  const unwrapped = unwrapNear(env, new VerifierState(env.storage).config.wrappedNearId, storageDeposit);
  const goOn = {
    method: `do_${kind.name}`,
    args: { withdraw: kind.json(withdraw) },
    gas: verifierGas.doWithdrawAttached + kind.transfer(withdraw).gas,
  };
  return promiseCall(env, env.current, goOn, unwrapped);
}

/** One receipt: the registration, if it is paid for, and the transfer. */
function promiseTransfer<W extends TokenWithdrawal>(env: Env, kind: WithdrawalKind<W>, withdraw: W): PromiseIndex {
  const { token, receiver_id, storage_deposit } = withdraw;
  const actions: PromiseAction[] = [callAction({ ...kind.transfer(withdraw), deposit: 1n })];
  if (storage_deposit !== undefined) {
    const args = { account_id: receiver_id, registration_only: null };
    const gas = verifierGas.storageDeposit;
    actions.unshift(callAction({ method: "storage_deposit", args, deposit: storage_deposit, gas, gasWeight: 0n }));
  }
  return env.promise({ receiver: token, actions });
}
