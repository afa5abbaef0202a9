import { create } from "@bufbuild/protobuf";
import type { Event } from "@outlayer/contracts/outlayer/evidence/v1/event";
import { type ProgressEvent, ProgressEventSchema } from "@outlayer/contracts/outlayer/progress/v1/progress";
import type { Record } from "@outlayer/contracts/outlayer/workflow/v1/record";
import { isTerminal } from "@outlayer/workflow";

/** The public part of one event: the record's fields after it, without payloads, delegates and transactions. */
export function progressOf(record: Record, event: Event): ProgressEvent {
  const progress = create(ProgressEventSchema, {
    requestId: record.requestId,
    version: record.version,
    event: snakeCase(event.kind.case ?? ""),
    status: record.status,
    terminal: isTerminal(record.status),
    submitTxHashes: record.submitTxHashes,
    intentIds: record.intentIds,
    dispatchBlockHeights: record.dispatchBlockHeights,
    stepOutcomes: record.stepOutcomes,
    headHash: record.headHash,
  });
  if (record.updatedAt !== undefined) progress.at = record.updatedAt;
  if (record.queue !== undefined) progress.queue = record.queue;
  if (record.resumeTxHash !== undefined) progress.resumeTxHash = record.resumeTxHash;
  if (record.errorCode !== undefined) progress.errorCode = record.errorCode;
  if (record.userVisibleError !== undefined) progress.userVisibleError = record.userVisibleError;
  return progress;
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
