import { parseSecretKey } from "@outlayer/near";
import { entriesOf } from "../support/history.ts";
import type { System } from "../support/system.ts";
import type { Posted, Run } from "./check.ts";
import type { RecordJson, WorkflowEvidence } from "./workflow.ts";

/** As much of a system as it takes to look at what is left of a run. */
export type LookedAt = Pick<System, "devnet" | "rest"> & {
  readonly product: Pick<System["product"], "http">;
};

/** What is left of a run on a system: its devnet's chain, and what evidence says of these workflows. */
export async function runOfSystem(system: LookedAt, posted: readonly Posted[]): Promise<Run> {
  const { devnet } = system;
  return {
    dump: devnet.controls.dump(),
    gateIds: devnet.gates.map(({ gateId }) => gateId),
    verifierId: devnet.verifierId,
    operatorKeys: devnet.gates
      .flatMap(({ relayer, approver }) => [relayer, approver])
      .map(({ secretKey }) => parseSecretKey(secretKey).publicKey),
    posted,
    workflows: await Promise.all(posted.map((one) => evidenceOf(system, one))),
  };
}

async function evidenceOf(system: LookedAt, { requestId, walletId }: Posted): Promise<WorkflowEvidence> {
  const record: RecordJson = await system.rest(walletId).record(requestId);
  const entries = await entriesOf(system.product.http.evidence, requestId, walletId);
  return {
    requestId,
    entries: entries.map(({ version, disclosedJson = "", ...entry }) => ({
      ...entry,
      version: Number(version),
      disclosedJson,
    })),
    record,
  };
}
