import assert from "node:assert/strict";
import { checkRun } from "../checker/check.ts";
import { runOfSystem } from "../checker/run-of-system.ts";
import { ServiceProcesses } from "../support/service-processes.ts";
import { transfer } from "../support/steps.ts";

describe("all five services, killed at once", () => {
  it("go on when they are started again, and the checker finds nothing wrong", async () => {
    const environment = { LEASE_SECS: "1", DELEGATE_VALIDITY_BLOCKS: "1000" };
    await using processes = await ServiceProcesses.prepare({ devnet: { blockTimeMs: 150 }, environment });
    await processes.startAll();
    const { rest } = processes;
    const key = "killed with a resume on its way";
    const requestId = await rest.begin([transfer("1000"), transfer("2000")], key);
    await rest.until(
      requestId,
      ({ status, retry_after_ms }) => status === "resuming" || retry_after_ms === null,
      60_000,
    );
    await processes.replicas.endAll("SIGKILL");
    await processes.startAll();
    const record = await rest.ended(requestId, 60_000);
    assert.equal(record.status, "succeeded", record.user_visible_error);
    const system = {
      devnet: processes.devnet,
      product: processes.replicas.addresses(),
      rest: (walletId?: string) => processes.restOf(0, walletId),
    };
    assert.deepEqual(checkRun(await runOfSystem(system, [{ walletId: "wallet-1", key, requestId }])), []);
    await processes.endAll("SIGKILL");
  }).timeout(240_000);
});
