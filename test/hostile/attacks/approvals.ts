import type { Attack } from "../attack.ts";
import type { HostileWallet } from "../tenants.ts";
import { lawful } from "./steps.ts";

export const approvals: Attack = {
  name: "approvals",
  tries: "approves its own workflows, and has a wallet act whose policy asks for no approvals at all",
  everyMs: 10_000,
  refusals: ["202", "400", "401", "403", "409", "429", "503"],
  async round(world) {
    const post = (as: HostileWallet, more: object, headers: Readonly<Record<string, string>> = {}) =>
      world.rest({
        path: "/wallet/v1/workflows/execute",
        method: "POST",
        as,
        headers: { prefer: "wait=3", ...headers },
        body: { steps: [lawful()], ...more },
      });
    const { body } = await post("hostile-approval", {});
    const info = {
      request_id: body?.request_id ?? "none",
      approver_ids: ["mike", "anna", "mike"],
      request_hash: body?.approval?.request_hash ?? "0".repeat(64),
    };
    const answers = [
      await post("hostile-approval", { approval_info: info }),
      await post("hostile-approval", { approval_info: info }, { "x-internal-wallet-auth": "forged" }),
      await post("hostile-approval", { approval_info: { ...info, approver_ids: Array(32).fill("mike") } }),
      await post("hostile-zero-approvals", {}),
    ];
    for (const { body: answer } of answers) {
      if (answer?.status === "succeeded") world.gotThrough(`${answer.wallet_id} acted without an approval`);
    }
  },
};
