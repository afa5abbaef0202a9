import type { Attack } from "../attack.ts";
import { hostileBodies } from "./holds.ts";

const paths = [
  "/wallet/v1/workflows/plan",
  "/wallet/v1/workflows/preflight",
  "/wallet/v1/workflows/execute",
  "/wallet/v1/sequential-batch",
  "/wallet/v1/direct-user/function-call-key/prepare",
  "/wallet/v1/direct-user/function-call/execute",
];

export const bodies: Attack = {
  name: "bodies",
  tries: "sends bodies of many, deep, doubled and endless values, several at once, to every endpoint",
  everyMs: 60_000,
  refusals: ["200", "202", "400", "409", "413", "429", "503"],
  async round(world) {
    for (const [name, body] of Object.entries(hostileBodies)) {
      if (world.isOver) return;
      const answers = paths.map((path) =>
        world.rest({ path, method: "POST", as: "hostile-bodies", headers: { prefer: "wait=0", "x-case": name }, body }),
      );
      await Promise.all(answers);
    }
  },
};

export const oversized: Attack = {
  name: "oversized",
  tries: "sends bodies beyond the limit, with their length and without, and headers beyond theirs",
  everyMs: 6_000,
  // That a body is too large is always said: a reset would be an answer that nobody can act on.
  refusals: ["413", "431", "429", "401"],
  async round(world) {
    const body = JSON.stringify({ steps: [], pad: "x".repeat(1_000_000) });
    const execute = { path: "/wallet/v1/workflows/execute", method: "POST", body } as const;
    await world.rest({ ...execute, as: "hostile-bodies" });
    await world.rest({ ...execute, as: "hostile-bodies", headers: { "transfer-encoding": "chunked" } });
    await world.rest({ ...execute, as: "hostile-bodies", headers: { expect: "100-continue" } });
    await world.rest(execute);
    await world.rest({ path: "/wallet/v1/preflight", as: "hostile-bodies", headers: { "x-pad": "x".repeat(17_000) } });
  },
};
