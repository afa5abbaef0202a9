import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { WalletCaller } from "@outlayer/access";
import type { GetHistoryRequest } from "@outlayer/contracts/outlayer/evidence/v1/record_service";
import { notFound } from "@outlayer/kit";
import { filedId } from "@outlayer/workflow";
import type { WorkflowLog } from "../core/log.ts";
import { eventOf } from "../core/record.ts";
import { disclose } from "../core/secrets.ts";

/**
 * The whole log with its hashes, for checking the chain; of the signed bytes only those that were submitted. It does not fold the
 * log: an altered log has to stay readable.
 */
export async function getHistory(
  { log, now }: { log: WorkflowLog; now: () => number },
  { requestId }: GetHistoryRequest,
  { walletId }: WalletCaller,
) {
  const entries = await log.entries(filedId(requestId));
  const [first] = entries;
  const opened = first === undefined ? undefined : eventOf(first).kind;
  if (opened?.case !== "opened" || opened.value.walletId !== walletId) {
    throw notFound(`workflow request ${requestId} was not found`, { reason: "REQUEST_NOT_FOUND" });
  }
  return {
    entries: disclose(entries, now()).map(({ requestId, version, atMs, ...shown }) => ({
      requestId,
      version: BigInt(version),
      at: timestampFromMs(atMs),
      entryJson: shown.entryJson,
      hash: shown.hash,
      disclosedJson: shown.disclosedJson,
      withheld: shown.withheld,
    })),
  };
}
