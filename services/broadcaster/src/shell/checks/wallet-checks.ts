import type { Finding } from "../../core/checks/finding.ts";
import { checkOwnPayloads, ownPayloadsOf } from "../../core/checks/own-payloads.ts";
import { checkReceiversExist, checkReceiversHaveCode } from "../../core/checks/receivers.ts";
import {
  checkDeadlines,
  checkDelegateNonce,
  checkNear,
  checkOwnAccount,
  checkTokens,
  checkVerifierKey,
  checkVerifierLock,
} from "../../core/checks/wallet.ts";
import { delegateSignerOf } from "../../core/workflow/state.ts";
import type { Check, CodedCheck } from "./check.ts";
import type { WalletReadings } from "./wallet-readings.ts";

/** Execution makes this check where it asks for policy, before it seeks admission. */
export const ownAccountCheck: Check<WalletReadings> = {
  name: "wallet_account",
  class: "blocking",
  find: async (readings) => checkOwnAccount(readings.calls, (await readings.account()).accountId),
};

export const walletAdvice: readonly Check<WalletReadings>[] = [
  {
    name: "wallet_near",
    class: "advisory",
    find: async (readings) => checkNear((await readings.account()).accountId, await readings.near()),
  },
];

/** Admission's checks of the wallet and of the receivers that it calls, in order. */
export const walletChecks: readonly CodedCheck<WalletReadings>[] = [
  {
    name: "receiver_account",
    class: "blocking",
    code: "receiver_not_found",
    find: async (readings) => checkReceiversExist(readings.calls, await readings.receivers()),
  },
  {
    name: "receiver_code",
    class: "blocking",
    code: "receiver_has_no_code",
    find: async (readings) => checkReceiversHaveCode(readings.calls, await readings.receivers()),
  },
  {
    name: "deadline",
    class: "blocking",
    code: "timed_out",
    find: async (readings) => checkDeadlines(readings.calls, (await readings.head()).timeMs),
  },
  {
    name: "delegate_nonce",
    class: "blocking",
    code: "unsafe_delegate_nonce",
    find: async (readings) =>
      checkDelegateNonce(
        delegateSignerOf(await readings.account()).accountId,
        await readings.keyNonce(),
        readings.wallet.clock.now(),
      ),
  },
  {
    name: "own_payloads",
    class: "blocking",
    code: "dispatch_failed",
    find: async (readings) => checkOwnPayloads(ownPayloadsOf(readings.calls), await readings.ownPayloads()),
  },
  {
    name: "verifier_key",
    class: "blocking",
    code: "dispatch_failed",
    find: inVerifier(async (readings) => {
      const { accountId, publicKey } = await readings.account();
      return checkVerifierKey(accountId, publicKey, await readings.verifierAccount());
    }),
  },
  {
    name: "verifier_lock",
    class: "blocking",
    code: "dispatch_failed",
    find: inVerifier(async (readings) =>
      checkVerifierLock((await readings.account()).accountId, await readings.verifierAccount()),
    ),
  },
  {
    name: "wallet_tokens",
    class: "blocking",
    code: "insufficient_balance",
    find: async ({ calls, balances, wallet }) => checkTokens(calls, await balances(), wallet.wrappedNearId),
  },
];

/** Calls without intents need nothing of the verifier. */
function inVerifier(
  find: (readings: WalletReadings) => Promise<Finding>,
): (readings: WalletReadings) => Promise<Finding> {
  return async (readings) => {
    if (readings.hasIntents) return find(readings);
    return { ok: true, expected: "any", actual: "not needed", message: "no step has intents for the verifier" };
  };
}
