import assert from "node:assert/strict";
import type { Fault } from "@outlayer/devnet";
import { gateCalls, gateTrace } from "./support/chain-dump.ts";
import { dust } from "./support/steps.ts";
import { blockMs, withSystem } from "./support/system.ts";

/** What a node can do to its callers, several times in a row, whatever they ask. */
const faults: Readonly<Record<string, Fault>> = {
  "does the work and loses the answer": { kind: "lost" },
  "drops the connection": { kind: "reset" },
  "answers with HTML": { kind: "html", status: 502 },
  "answers 500": { kind: "server_error" },
  "answers 429": { kind: "too_many_requests", retry_after_secs: 1 },
  "answers 429 in JSON-RPC's clothes": {
    kind: "error",
    error: { code: 429, message: "Too many requests", data: "limit of 10/s reached" },
  },
  "is slow": { kind: "delay", ms: 150 },
  "lags some blocks behind": { kind: "lag", blocks: 3 },
};

/**
 * `Retry-After` counts whole seconds. Five of them are some 180 of the fast blocks of these tests, in which a delegate
 * grows too old for the gate; of mainnet's blocks they are nine.
 */
const blockTimeMs = (fault: Fault) => (fault.kind === "too_many_requests" ? 100 : blockMs);

describe("a node that misbehaves", () => {
  for (const [name, fault] of Object.entries(faults)) {
    for (const method of ["send_tx", "EXPERIMENTAL_tx_status", "*"]) {
      it(`${name} (${method}): everything happens once, and the record is true`, () =>
        withSystem({ devnet: { blockTimeMs: blockTimeMs(fault) } }, async (system) => {
          const requestId = await system.rest().begin([dust, dust]);
          system.devnet.controls.faults.add({ target: "rpc", method, count: 5, fault });
          const record = await system.rest().ended(requestId);
          assert.equal(record.status, "succeeded", record.user_visible_error);
          assert.deepEqual(record.balance_deltas, { "nep141:wrap.near:intents": "-2000000000000000000" });
          assert.equal(gateTrace(system.devnet).filter(({ ev }) => ev === "intent_dispatched").length, 2);
          assert.equal(gateCalls(system.devnet, "resume_batch_chained").length, 1);
        }));
    }
  }
});
