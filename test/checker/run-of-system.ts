import { parseSecretKey } from "@outlayer/near";
import { internalToken, type System } from "../support/system.ts";
import type { Posted, Run } from "./check.ts";
import type { RecordJson, WorkflowEvidence } from "./workflow.ts";

/** Of one process or of several. */
export type JudgedSystem = Pick<System, "devnet" | "rest" | "product">;

/** What is left of a run on a system: its devnet's chain, and what evidence says of these workflows. */
export async function runOfSystem(system: JudgedSystem, posted: readonly Posted[]): Promise<Run> {
  const { devnet } = system;
  return {
    dump: devnet.controls.dump(),
    gateId: devnet.gateId,
    verifierId: devnet.verifierId,
    operatorKeys: [devnet.relayer, devnet.approver].map(({ secretKey }) => parseSecretKey(secretKey).publicKey),
    posted,
    workflows: await Promise.all(posted.map((one) => evidenceOf(system, one))),
  };
}

async function evidenceOf(system: JudgedSystem, { requestId, walletId }: Posted): Promise<WorkflowEvidence> {
  const record: RecordJson = await system.rest(walletId).record(requestId);
  const response = await fetch(`${system.product.http.evidence}/outlayer.evidence.v1.RecordService/GetHistory`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      "x-wallet-id": walletId,
      "x-internal-wallet-auth": internalToken,
    },
    body: JSON.stringify({ requestId }),
  });
  const { entries } = (await response.json()) as {
    entries: readonly { readonly version: string; readonly entryJson: string; readonly hash: string }[];
  };
  return {
    requestId,
    entries: entries.map(({ version, entryJson, hash }) => ({ version: Number(version), entryJson, hash })),
    record,
  };
}
