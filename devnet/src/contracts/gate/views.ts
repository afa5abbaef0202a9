import { accountId, type Decoder, object } from "../sdk/decoder.ts";
import { u64Text } from "../sdk/integers.ts";
import { type Method, noArguments, view } from "../sdk/method.ts";
import { GateState } from "./state.ts";

/** 64- and 128-bit integers are strings, caps of tiers numbers. */
export const views: Readonly<Record<string, Method>> = {
  get_owner: gateView(noArguments, (state) => state.config.ownerId),
  get_approver: gateView(noArguments, (state) => state.config.approverId),
  is_relayer: gateView(object({ account_id: accountId }), (state, { account_id }) => state.isRelayer(account_id)),
  list_pending: gateView(noArguments, (state) => state.pendingIds()),
  get_batch_tail: gateView(noArguments, (state) => state.batchTail.map(String)),
  get_pending: gateView(object({ intent_id: u64Text }), (state, { intent_id: id }) => {
    const intent = state.pending(id);
    if (!intent) return null;
    return {
      intent_id: id.toString(),
      sender: intent.sender,
      receiver_id: intent.receiverId,
      method: intent.method,
      nonce: intent.nonce.toString(),
      expires_at_block: intent.expiresAtBlock.toString(),
      submitted_at_block: intent.submittedAtBlock.toString(),
    };
  }),
  get_fee_tiers: gateView(noArguments, (state) =>
    state.config.feeTiers.map(({ cap, feeYocto }) => [cap, feeYocto.toString()]),
  ),
  get_fee_stats: gateView(noArguments, ({ counters }) => [
    counters.feesCollectedYocto.toString(),
    counters.feesWithdrawnYocto.toString(),
  ]),
  stats: gateView(noArguments, ({ counters: { submitted, dispatched, rejected, nextIntentId, activeBatchId } }) =>
    [submitted, dispatched, rejected, nextIntentId, activeBatchId].map(String),
  ),
};

function gateView<A>(args: Decoder<A>, answer: (state: GateState, args: A) => unknown): Method {
  return view(args, (env, read) => answer(new GateState(env.storage), read));
}
