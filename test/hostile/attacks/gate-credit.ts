import type { Attack } from "../attack.ts";
import { loot, wrap } from "../tenants.ts";
import { call } from "./steps.ts";

const one = { deposit: "1" };
const takes = (verifierId: string, gateId: string): readonly object[] => [
  call(verifierId, "mt_transfer", { receiver_id: loot, token_id: wrap, amount: "1000" }, one),
  call(verifierId, "mt_batch_transfer", { receiver_id: loot, token_ids: [wrap], amounts: ["1"] }, one),
  call(verifierId, "ft_withdraw", { token: "wrap.near", receiver_id: loot, amount: "1" }, one),
  call(verifierId, "set_auth_by_predecessor_id", { enabled: false }, one),
  call("wrap.near", "ft_transfer", { receiver_id: loot, amount: "1" }, one),
  call("wrap.near", "near_withdraw", { amount: "1" }, one),
  call("usdc.near", "ft_approve", { receiver_id: loot, amount: "1" }),
  call(gateId, "reset_batch_tail", {}),
  call(gateId, "set_approver", { approver_id: loot }),
];

export const gateCredit: Attack = {
  name: "gate-credit",
  tries: "has the gate, whom every plain call comes from, give away what stands to its credit",
  everyMs: 10_000,
  refusals: ["202", "400", "403", "409", "429", "503"],
  async round(world) {
    for (const step of takes(world.targets.verifierId, world.targets.gateId)) {
      if (world.isOver) return;
      await world.rest({
        path: "/wallet/v1/workflows/execute",
        method: "POST",
        as: "hostile-gate",
        headers: { prefer: "wait=0" },
        body: { steps: [step] },
      });
    }
  },
};
