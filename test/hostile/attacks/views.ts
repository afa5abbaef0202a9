import type { Attack } from "../attack.ts";
import { hostileContract } from "../contracts.ts";
import { call } from "./steps.ts";

export const views: Attack = {
  name: "views",
  tries: "has views asked, after a batch, of contracts that answer hugely, deeply, slowly and never",
  everyMs: 45_000,
  refusals: ["200", "202", "400", "409", "429", "503"],
  async round(world) {
    const checks = ["answer_hugely", "answer_deeply", "answer_slowly", "answer_never", "fail", "no_such_view"];
    const { receiver_id, method_name, gas, args_json } = call("register.near", "set", { value: 9 });
    for (const views of [checks, ["answer_hugely", "answer_hugely", "answer_hugely"]]) {
      await world.rest({
        path: "/wallet/v1/sequential-batch",
        method: "POST",
        as: "hostile-views",
        headers: { prefer: "wait=0" },
        body: {
          gate_id: world.targets.gateId,
          calls: [{ receiver_id, method_name, gas, args_json }],
          post_batch_view_checks: views.map((method_name) => ({ contract_id: hostileContract, method_name })),
        },
      });
    }
  },
};
