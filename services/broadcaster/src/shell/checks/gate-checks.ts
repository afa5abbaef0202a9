import { checkClock } from "../../core/checks/clock.ts";
import { checkCode, checkOwner, checkPending } from "../../core/checks/gate.ts";
import { checkKeys } from "../../core/gate/access-key.ts";
import { checkBalance } from "../../core/gate/money.ts";
import { checkTail } from "../../core/gate/tail.ts";
import { checkApprover, checkFee, checkRelayer } from "../../core/gate/terms.ts";
import type { Check, CodedCheck } from "./check.ts";
import type { GateReadings } from "./gate-readings.ts";

/** Whether there is a chain to ask at all. */
export const rpcCheck: Check<GateReadings> = {
  name: "rpc",
  class: "waiting",
  async find(readings) {
    const { height } = await readings.head();
    const { config, node } = readings.sources;
    const ok = node.isFresh;
    const message = `NEAR's RPC answers, and its final block${ok ? " is" : " stands still or is far behind, at"} ${height}`;
    return { ok, expected: config.chainId, actual: ok ? config.chainId : "no fresh endpoint", message };
  },
};

/** Facts of the gate that the operator should know, and that no run depends on. */
export const gateAdvice: readonly Check<GateReadings>[] = [
  {
    name: "gate_code",
    class: "advisory",
    find: async (readings) => checkCode(await readings.codeHash(), readings.sources.config.gateCodeHash),
  },
  {
    name: "gate_owner",
    class: "advisory",
    find: async (readings) => checkOwner(await readings.owner(), readings.sources.config.gateOwnerId),
  },
  {
    name: "gate_pending",
    class: "advisory",
    find: async (readings) => checkPending(await readings.othersPending()),
  },
];

/** Whose chain runs. At admission the conductor looks at the tail while a workflow waits for its turn. */
export const tailCheck: Check<GateReadings> = {
  name: "gate_tail",
  class: "waiting",
  async find(readings) {
    const { tail, holder } = await readings.tail();
    return checkTail(tail, holder, readings.asked);
  },
};

/** Admission's checks of gate and operator, in order. */
export const gateChecks: readonly CodedCheck<GateReadings>[] = [
  {
    name: "clock_skew",
    class: "waiting",
    code: "clock_skew",
    async find(readings) {
      // What was seen of the chain before an outage says nothing of now.
      await readings.head();
      return checkClock(await readings.sources.clockAheadMs());
    },
  },
  {
    name: "relayer_whitelisted",
    class: "blocking",
    code: "relayer_not_whitelisted",
    find: async (readings) => checkRelayer(await readings.terms(), readings.agreed),
  },
  {
    name: "gate_approver",
    class: "blocking",
    code: "approver_rotated",
    find: async (readings) => checkApprover(await readings.terms(), readings.agreed),
  },
  {
    name: "gate_fee",
    class: "blocking",
    code: "fee_mismatch",
    find: async (readings) => checkFee(await readings.terms(), readings.agreed, readings.resumes.of),
  },
  balanceOf("relayer"),
  balanceOf("approver"),
  balanceOf("gate"),
  {
    name: "relayer_key",
    class: "waiting",
    code: "no_usable_key",
    find: async (readings) => checkKeys(readings.agreed.relayerId, await readings.relayerKeys(), readings.relayerUse()),
  },
  {
    name: "approver_key",
    class: "waiting",
    code: "no_usable_key",
    find: async (readings) =>
      checkKeys(readings.agreed.approverId, await readings.approverKeys(), readings.approverUse()),
  },
];

function balanceOf(whose: "relayer" | "approver" | "gate"): CodedCheck<GateReadings> {
  return {
    name: `${whose}_balance`,
    class: "waiting",
    code: "balance_low",
    find: async (readings) => checkBalance(whose, await readings.purse(), await readings.needs(), readings.run),
  };
}
