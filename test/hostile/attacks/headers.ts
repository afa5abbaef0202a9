import type { Attack } from "../attack.ts";
import { hostileHeaders } from "./holds.ts";
import { lawful } from "./steps.ts";

export const headers: Attack = {
  name: "headers",
  tries: "sends headers that are slow to read, many headers, cookies and endless paths",
  everyMs: 20_000,
  refusals: ["200", "202", "400", "401", "404", "405", "409", "413", "414", "415", "429", "431", "503"],
  async round(world) {
    for (const given of Object.values(hostileHeaders)) {
      if (world.isOver) return;
      const as = "hostile-headers";
      const body = { steps: [lawful()] };
      await Promise.all([
        world.rest({ path: "/wallet/v1/workflows/plan", method: "POST", as, headers: given, body }),
        world.rest({ path: "/wallet/v1/preflight", as, headers: given }),
        world.rest({ path: "/livez", headers: given }),
      ]);
    }
    const many = Object.fromEntries(Array.from({ length: 900 }, (_, index) => [`x-${index}`, "1"]));
    await world.rest({ path: "/readyz", headers: many });
    await world.rest({ path: "/readyz", headers: { cookie: "a=b; ".repeat(3_000) } });
    await world.rest({ path: `/wallet/v1/workflows/${"%41".repeat(5_000)}`, as: "hostile-headers" });
    await world.rest({ path: `/wallet/v1/workflows/x?wait=1${"&wait=1".repeat(2_000)}`, as: "hostile-headers" });
    await world.rest({ path: `/${"a/".repeat(7_000)}` });
  },
};
