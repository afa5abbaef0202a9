import type { JsonObject } from "@bufbuild/protobuf";
import type { WalletCaller } from "@outlayer/access";
import type { ExecuteSequentialBatchRequest } from "@outlayer/contracts/outlayer/planner/v1/planner";
import { SequentialBatchSchema } from "@outlayer/contracts/outlayer/workflow/v1/step";
import { invalid } from "@outlayer/kit";
import { fingerprint, readSequentialBatch } from "@outlayer/workflow";
import { openedBatch } from "../core/opening.ts";
import { batchProblem, batchSteps } from "../core/sequential-batch.ts";
import { readApproval } from "./approval.ts";
import { documentOfMessage, documentOfText, reading } from "./document.ts";
import { chooseKey, type ExecuteDeps, open } from "./open.ts";
import { planWithFacts } from "./planning.ts";
import { refuseSession } from "./session-limits.ts";

export async function executeSequentialBatch(
  deps: ExecuteDeps,
  { body, idempotencyKeys }: ExecuteSequentialBatchRequest,
  caller: WalletCaller,
  signal: AbortSignal,
) {
  refuseSession(caller, "a sequential batch");
  const { walletId } = caller;
  const { original, batch, key } = reading(() => {
    const original = batchDocument(body);
    const batch = readSequentialBatch(original);
    return { original, batch, key: chooseKey(deps.ids, batch.idempotencyKey, idempotencyKeys) };
  });
  const sent = { endpoint: "sequential_batch", original, info: batch.approval } as const;
  const approval = await readApproval(deps, sent, caller, signal);
  const refused = batchProblem(batch, deps.limits);
  const planned =
    refused === undefined
      ? await planWithFacts(
          deps,
          { steps: batchSteps(batch), name: "calls" },
          { walletId, gateId: batch.gateId },
          signal,
        )
      : { refused };
  const asked = {
    walletId,
    idempotencyKey: key.text,
    fingerprint: fingerprint("sequential_batch", original),
    original,
    approval,
  };
  return open(deps, key, openedBatch(asked, batch, planned), signal);
}

/** @throws as documentOfText; Refusal InvalidArgument without a body */
function batchDocument(body: ExecuteSequentialBatchRequest["body"]): JsonObject {
  switch (body.case) {
    case "batch":
      return documentOfMessage(SequentialBatchSchema, body.value, "calls");
    case "batchJson":
      return documentOfText(body.value);
    case undefined:
      throw invalid("a batch is required");
  }
}
