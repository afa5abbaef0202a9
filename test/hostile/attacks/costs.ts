import type { Attack } from "../attack.ts";
import { hostileContract } from "../contracts.ts";
import type { HostileWallet } from "../tenants.ts";
import { call } from "./steps.ts";

const refusals = ["200", "202", "400", "409", "429", "503"];
const twelve = (receiverId: string, methodName: string) =>
  Array.from({ length: 12 }, (_, value) => call(receiverId, methodName, { value }));

const executed = (as: HostileWallet, steps: readonly object[]) => ({
  path: "/wallet/v1/workflows/execute",
  method: "POST",
  as,
  headers: { prefer: "wait=0" },
  body: { steps },
});

export const costs: Attack = {
  name: "costs",
  tries: "has the operator pay for twelve calls to nobody, and for targets that fail, log, burn gas and call back",
  everyMs: 20_000,
  refusals,
  async round(world) {
    const as = "hostile-costs";
    await world.rest(executed(as, twelve("nobody-has-this-account.near", "set")));
    await world.rest(executed(as, twelve("loot.near", "set")));
    for (const method of ["fail", "log_much", "call_back", "no_such_method"]) {
      await world.rest(executed(as, twelve(hostileContract, method).slice(0, 3)));
    }
  },
};

export const quota: Attack = {
  name: "quota",
  tries: "opens workflows, plans and preflights without end",
  everyMs: 20_000,
  refusals,
  async round(world) {
    const as = "hostile-quota";
    const steps = [call("register.near", "no_such_method", {})];
    const body = { steps };
    await Promise.all([
      ...Array.from({ length: 40 }, () => world.rest(executed(as, steps))),
      ...Array.from({ length: 40 }, () => world.rest({ path: "/wallet/v1/workflows/plan", method: "POST", as, body })),
      ...Array.from({ length: 20 }, () =>
        world.rest({ path: "/wallet/v1/workflows/preflight", method: "POST", as, body }),
      ),
      ...Array.from({ length: 20 }, () => world.rest({ path: "/wallet/v1/preflight", as })),
    ]);
  },
};

export const cancels: Attack = {
  name: "cancel-storm",
  tries: "opens workflows and cancels each many times over, at once",
  everyMs: 30_000,
  refusals: [...refusals, "404"],
  async round(world) {
    const as = "hostile-cancel";
    const steps = [call("register.near", "set", { value: 1 }), call("register.near", "set", { value: 2 })];
    const opened = await Promise.all(Array.from({ length: 6 }, () => world.rest(executed(as, steps))));
    await Promise.all(
      opened.flatMap(({ body }) =>
        Array.from({ length: 10 }, () =>
          world.rest({
            path: `/wallet/v1/workflows/${body?.request_id ?? "none"}`,
            method: "DELETE",
            as,
            headers: { prefer: "wait=0" },
          }),
        ),
      ),
    );
  },
};
