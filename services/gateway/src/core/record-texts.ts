import type { Record as WorkflowRecord } from "@outlayer/contracts/outlayer/workflow/v1/record";
import { recordJson } from "@outlayer/workflow";
import { LRUCache } from "lru-cache";

/** Most characters of the texts that are kept. */
const mostKept = 16 * 1024 * 1024;

interface Kept {
  readonly walletId: string;
  readonly version: bigint;
  readonly text: string;
}

/**
 * JSON texts of records, so that a version that is read again is not written again. A version of a record never changes. The
 * texts used last are kept; whoever asks for one has the record already.
 */
export class RecordTexts {
  /** By request id. */
  readonly #kept = new LRUCache<string, Kept>({ maxSize: mostKept, sizeCalculation: ({ text }) => text.length });

  /** Of all texts that are kept. */
  get characters(): number {
    return this.#kept.calculatedSize;
  }

  textOf(record: WorkflowRecord): string {
    const { requestId, walletId, version } = record;
    const kept = this.#kept.get(requestId);
    if (kept?.version === version && kept.walletId === walletId) return kept.text;
    const text = JSON.stringify(recordJson(record));
    this.#kept.set(requestId, { walletId, version, text });
    return text;
  }
}
