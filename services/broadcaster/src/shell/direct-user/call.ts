import type { Ports } from "@outlayer/kit";
import type { DirectUserState } from "../../core/direct-user/state.ts";
import { setupSentence } from "../../core/direct-user/user-key.ts";
import { failed } from "../../core/direct-user/verdict.ts";
import type { EvidenceLog } from "../../core/ports/evidence-log.ts";
import type { NearNode } from "../../core/ports/near-node.ts";
import { RpcRefused } from "../../core/ports/near-node.ts";
import type { Signer } from "../../core/ports/signer.ts";
import { type CallTerms, GrantLapsed, KeystoreUnavailable } from "../../core/ports/signer.ts";
import type { EventInit } from "../../core/workflow/action.ts";
import type { Follower } from "../chain/follower.ts";
import { endOnRefusal, type Grants, refusalOf } from "../policy/check-policy.ts";
import type { PolicyLine } from "../policy/policy-line.ts";
import { judgeAndReserve } from "../policy/reserve-usage.ts";
import { readCount } from "./count.ts";
import { keyStatus } from "./key-status.ts";
import type { CallSightings } from "./sightings.ts";
import type { UserKeys } from "./user-keys.ts";

export interface CallNeeds {
  readonly signer: Signer;
  readonly evidence: EvidenceLog;
  readonly policyLine: PolicyLine;
  readonly follower: Follower;
  readonly node: NearNode;
  readonly ports: Ports;
  readonly userKeys: UserKeys;
}

/** The user's account does not pay for the call's gas. */
export class UserCannotPay extends Error {
  override readonly name = "UserCannotPay";
}

/** Asks the wallet's policy about the call; with `terms`, for a grant as well. @returns the event that says what policy answered */
export async function checkCallPolicy(
  { signer, evidence, policyLine, ports }: CallNeeds,
  state: DirectUserState,
  grants: Grants,
  terms?: CallTerms,
): Promise<EventInit> {
  try {
    const account = await signer.account(state.walletId);
    let askedAtMs = 0;
    const { walletId, requestId } = state;
    const about = { walletId, requestId, isNew: !state.policyAllowed };
    const verdict = await judgeAndReserve({ evidence, policyLine }, about, (usage) => {
      askedAtMs = ports.clock.now();
      return signer.checkDirectUserPolicy(state, usage, terms);
    });
    if (verdict.kind !== "allowed") return refusalOf(verdict);
    grants.keep(verdict, askedAtMs);
    return { case: "policyAllowed", value: { ...account, checkedAtMs: BigInt(ports.clock.now()) } };
  } catch (error) {
    return endOnRefusal(error);
  }
}

/**
 * Looks at the key and at the count, has the call signed, appends the transaction, and only then sends it. A failed send
 * says nothing about the transaction: the node is asked for the hash next.
 * @param append writes an event to the call's log
 * @returns false while another call has the key, or its part of the key's allowance is not yet refunded
 * @throws KeystoreUnavailable, RpcUnavailable, UserCannotPay: nothing was sent
 */
export async function makeCall(
  tools: CallNeeds,
  state: DirectUserState,
  grants: Grants,
  seen: CallSightings,
  append: (event: EventInit) => Promise<void>,
): Promise<boolean> {
  const { signer, node, follower, ports, userKeys } = tools;
  const { call, walletId, requestId } = state;
  const { scope } = call;
  try {
    const publicKey = await signer.directUserKey(walletId, scope);
    if (!userKeys.take(publicKey, requestId)) return false;
    const { key, problem, costYocto } = await keyStatus(node, scope, publicKey, BigInt(call.gas));
    const head = follower.heads?.optimistic.height ?? 0;
    if (problem?.reason === "exhausted" && userKeys.awaitsRefund(publicKey, head)) return false;
    if (key === undefined || problem !== undefined) {
      const reason = problem ?? { reason: "absent", message: `the key is not on ${scope.userId}` };
      const userVisibleError = setupSentence(reason, "then ask again under another idempotency key");
      await append({ case: "ended", value: { status: "requires_direct_user_setup", userVisibleError } });
      return true;
    }
    // A transaction that its signer cannot pay for never lands, and its fate would be unknown until it expires.
    if ((await node.balance(scope.userId)) < costYocto) throw new UserCannotPay();
    const before = await readCount(node, scope);
    if (before.value === undefined) {
      await append(failed("count_unreadable", `${scope.receiverId} gives no count; nothing was sent`));
      return true;
    }
    const nonce = key.nonce + 1n;
    const terms = { publicKey, nonce };
    const answer = await checkCallPolicy(tools, state, grants, terms);
    if (answer.case === "ended") {
      await append(answer);
      return true;
    }
    const permit = grants.of(0, ports.clock.now());
    if (permit === undefined) throw new GrantLapsed("no grant for the call");
    const signed = await signer.signDirectUserCall({ walletId, requestId, call, ...permit, ...terms });
    const transaction = {
      hash: signed.txHash,
      signedTransaction: signed.signedTransaction,
      signerId: scope.userId,
      publicKey,
      nonce,
      blockHash: signed.blockHash,
      blockHeight: BigInt(await heightOf(tools, signed.blockHash)),
    };
    const countBeforeHeight = BigInt(before.height);
    const value = { transaction, keyLabel: signed.keyLabel, countBefore: String(before.value), countBeforeHeight };
    await append({ case: "directUserCallPrepared", value });
    seen.noteSent(signed.txHash, follower.heads?.optimistic.height ?? 0);
    await node.send(signed.signedTransaction);
  } catch (error) {
    if (error instanceof GrantLapsed) grants.drop();
    await append(endOnRefusal(error));
  }
  return true;
}

/** Height of the block that the keystore chose. @throws KeystoreUnavailable for a block that is on no chain seen here */
async function heightOf({ node, follower }: CallNeeds, blockHash: string): Promise<number> {
  const unseen = () => new KeystoreUnavailable("the keystore signs for a block that is not on the chain");
  try {
    const { height } = await node.block({ hash: blockHash });
    await follower.learn([blockHash]);
    // The keystore's node may be ahead of the follower: then the block's height is known, and its place not yet.
    if (follower.place(blockHash)?.state === "forked") throw unseen();
    return height;
  } catch (error) {
    throw error instanceof RpcRefused ? unseen() : error;
  }
}
