import type { Logger } from "@outlayer/kit";
import type { DriverConfig } from "../../../config.ts";
import { readCancel } from "../../../core/chain/cancel-view.ts";
import { mayCall } from "../../../core/gate/access-key.ts";
import { lockedBy } from "../../../core/gate/money.ts";
import type { NearNode } from "../../../core/ports/near-node.ts";
import type { Signer } from "../../../core/ports/signer.ts";
import { ApprovalsMissing, KeystoreRefused, KeystoreUnavailable } from "../../../core/ports/signer.ts";
import type { EventInit } from "../../../core/workflow/action.ts";
import type { WorkflowState } from "../../../core/workflow/state.ts";
import { findTransaction } from "../../chain/find-transaction.ts";
import type { Follower, Heads } from "../../chain/follower.ts";
import type { KeyRing } from "../../chain/signing-key.ts";
import { KeyUnusable, type SigningKey } from "../../chain/signing-key.ts";
import type { Sightings } from "../sightings.ts";

export interface CancelNeeds {
  readonly signer: Signer;
  readonly relayer: KeyRing;
  readonly follower: Follower;
  readonly config: DriverConfig;
  readonly node: NearNode;
  readonly logger: Logger;
}

/** Gas units that the verifier takes at most for each payload without intents, and for the call itself. */
const gasPerPayload = 15_000_000_000_000n;
const gasPerCall = 20_000_000_000_000n;

/** What keeps a cancel from being made now. The workflow then waits for its payloads' deadlines. */
const obstacles = [KeystoreUnavailable, KeystoreRefused, ApprovalsMissing, KeyUnusable];

/**
 * Has cancels of these steps' payloads signed, appends the transaction that carries them, and only then sends it. Where
 * that is not possible now, nothing is written, and the cancel is tried again after a while.
 */
export async function cancelPayloads(
  tools: CancelNeeds,
  state: WorkflowState,
  steps: readonly number[],
  seen: Sightings,
  append: (event: EventInit) => Promise<void>,
): Promise<void> {
  const heads = tools.follower.heads;
  if (heads === undefined) throw new RangeError("a cancel needs a block");
  seen.cancelTriedAt = heads.optimistic.height;
  try {
    const signing = await keyFor(tools, steps.length, heads);
    const payloads = signing === undefined ? [] : await signCancels(tools, state, steps);
    if (signing === undefined) return;
    const signed = `[${payloads.map(({ payloadJson }) => payloadJson).join(",")}]`;
    const call = {
      ...callFor(tools.config.verifierId, steps.length),
      args: { signed: JSON.parse(signed) },
    };
    await signing.use([call], heads.final, async ([transaction]) => {
      if (transaction === undefined) return;
      const named = payloads.map(({ step, intentHash }) => ({ step, intentHash }));
      await append({ case: "cancelPrepared", value: { transaction, payloads: named } });
      // Another cancel, should it be needed, must not wait because of this one.
      seen.cancelTriedAt = undefined;
      seen.noteSent(transaction.hash, heads.optimistic.height);
      await tools.node.send(transaction.signedTransaction);
    });
  } catch (error) {
    if (!obstacles.some((kind) => error instanceof kind)) throw error;
    tools.logger.warn({ err: error, request_id: state.requestId }, "payloads cannot be cancelled now");
  }
}

/** Asks the node what became of a cancel, and learns the place of the block that its answer names. */
export async function lookAtCancel(
  tools: CancelNeeds,
  state: WorkflowState,
  hash: string,
  seen: Sightings,
): Promise<void> {
  const { follower, config, relayer } = tools;
  const since = Number(
    state.cancels.find(({ transaction }) => transaction.hash === hash)?.transaction.blockHeight ?? 0n,
  );
  const status = await findTransaction(tools, { hash, signerId: relayer.accountId, since }, seen);
  const view = status && readCancel(status, config.verifierId);
  seen.cancels.set(hash, view);
  seen.lookedAt.set(hash, follower.heads?.optimistic.height ?? 0);
  if (view !== undefined && view.result.kind !== "pending") await follower.learn([view.result.blockHash]);
}

/** The key that may make the call; undefined where the key may not, or the relayer lacks what the call locks. */
async function keyFor(
  { relayer, node, config, logger }: CancelNeeds,
  payloads: number,
  { final }: Heads,
): Promise<SigningKey | undefined> {
  const call = callFor(config.verifierId, payloads);
  const gasYocto = lockedBy(call.gas, final.gasPrice);
  const [{ publicKey, key }, balance] = await Promise.all([relayer.look(), node.balance(relayer.accountId)]);
  const use = { ...call, depositYocto: call.deposit, gasYocto };
  if (key !== undefined && mayCall(key.permission, use) && balance >= gasYocto) return relayer.key(publicKey);
  logger.warn({ public_key: publicKey, balance, needed: gasYocto }, "the relayer cannot cancel payloads now");
  return undefined;
}

function callFor(verifierId: string, payloads: number) {
  const gas = gasPerCall + BigInt(payloads) * gasPerPayload;
  return { receiverId: verifierId, methodName: "execute_intents", gas, deposit: 0n };
}

async function signCancels({ signer }: CancelNeeds, state: WorkflowState, steps: readonly number[]) {
  const { walletId, requestId, approval } = state;
  const signed = [];
  for (const step of steps) {
    const payloadJson = state.steps[step]?.signed?.payload?.payloadJson ?? "";
    const approved = approval === undefined ? {} : { approval };
    signed.push({ step, ...(await signer.signCancel({ walletId, requestId, step, payloadJson, ...approved })) });
  }
  return signed;
}
