import type { Env, Returned } from "../../contract.ts";
import { accountId, type Decoder, list, object, pair, u32 } from "../sdk/decoder.ts";
import { u128Text } from "../sdk/integers.ts";
import { change, type Method, noArguments, nothing, promised } from "../sdk/method.ts";
import { require } from "../sdk/panic.ts";
import { gateGas } from "./gas.ts";
import { DEFAULT_FEE_TIERS } from "./init.ts";
import { type FeeTier, GateState } from "./state.ts";
import { traces } from "./trace.ts";

/** A new gate whitelists nobody. */
const newGate = change(
  { gas: gateGas.owner },
  object({ owner_id: accountId, approver_id: accountId }),
  (env, { owner_id: ownerId, approver_id: approverId }) => {
    const state = new GateState(env.storage);
    require(!state.isInitialized, "The contract has already been initialized");
    traces.gateInited(env, ownerId, approverId);
    state.initialize({ ownerId, approverId, feeTiers: DEFAULT_FEE_TIERS });
    return nothing();
  },
);

const addRelayer = ownerMethod(object({ account_id: accountId }), (env, state, { account_id }) => {
  state.addRelayer(account_id);
  traces.relayerAdded(env, account_id);
  return nothing();
});

const removeRelayer = ownerMethod(object({ account_id: accountId }), (env, state, { account_id }) => {
  state.removeRelayer(account_id);
  traces.relayerRemoved(env, account_id);
  return nothing();
});

const setApprover = ownerMethod(object({ approver_id: accountId }), (env, state, { approver_id: approverId }) => {
  state.configure({ approverId });
  traces.approverSet(env, approverId);
  return nothing();
});

const setFeeTiers = ownerMethod(object({ tiers: list(pair(u32, u128Text)) }), (env, state, { tiers }) => {
  const feeTiers = tiers.map(([cap, feeYocto]): FeeTier => ({ cap, feeYocto }));
  require(feeTiers.length > 0, "fee tiers must be non-empty");
  let lastCap = 0;
  for (const { cap } of feeTiers) {
    require(cap > 0, "fee tier cap must be > 0");
    require(cap > lastCap, "fee tier caps must be strictly ascending");
    lastCap = cap;
  }
  state.configure({ feeTiers });
  traces.feeTiersSet(env, feeTiers.length, lastCap);
  return nothing();
});

/** Bounded by the fees taken, not by the balance, which includes the stake for storage. */
const withdrawFees = ownerMethod(object({ amount: u128Text, to: accountId }), (env, state, { amount, to }) => {
  const { feesCollectedYocto, feesWithdrawnYocto } = state.counters;
  const available = feesCollectedYocto - feesWithdrawnYocto;
  require(amount <= available, `insufficient fee balance: requested ${amount}, available ${available}`);
  state.count({ feesWithdrawnYocto: feesWithdrawnYocto + amount });
  traces.feesWithdrawn(env, amount, to);
  return promised(env.promise({ receiver: to, actions: [{ kind: "transfer", deposit: amount }] }));
});

const resetBatchTail = ownerMethod(noArguments, (env, state) => {
  const cleared = state.batchTail.length;
  state.batchTail = [];
  traces.batchTailReset(env, cleared);
  return nothing();
});

export const ownerMethods: Readonly<Record<string, Method>> = {
  new: newGate,
  add_relayer: addRelayer,
  remove_relayer: removeRelayer,
  set_approver: setApprover,
  set_fee_tiers: setFeeTiers,
  withdraw_fees: withdrawFees,
  reset_batch_tail: resetBatchTail,
};

function ownerMethod<A>(args: Decoder<A>, run: (env: Env, state: GateState, args: A) => Returned): Method {
  return change({ gas: gateGas.owner }, args, (env, read) => {
    const state = new GateState(env.storage);
    require(env.predecessor === state.config.ownerId, "owner-only");
    return run(env, state, read);
  });
}
