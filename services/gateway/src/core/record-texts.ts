import type { Record as WorkflowRecord } from "@outlayer/contracts/outlayer/workflow/v1/record";
import { recordJson } from "@outlayer/workflow";

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
  /** By request id, the one used longest ago first. */
  readonly #kept = new Map<string, Kept>();
  #characters = 0;

  /** Of all texts that are kept. */
  get characters(): number {
    return this.#characters;
  }

  textOf(record: WorkflowRecord): string {
    const { requestId, walletId, version } = record;
    const kept = this.#kept.get(requestId);
    if (kept !== undefined) this.#forget(requestId, kept);
    const isSame = kept?.version === version && kept.walletId === walletId;
    const text = isSame ? kept.text : JSON.stringify(recordJson(record));
    this.#kept.set(requestId, { walletId, version, text });
    this.#characters += text.length;
    for (const [oldestId, oldest] of this.#kept) {
      if (this.#characters <= mostKept) break;
      this.#forget(oldestId, oldest);
    }
    return text;
  }

  #forget(requestId: string, { text }: Kept): void {
    this.#kept.delete(requestId);
    this.#characters -= text.length;
  }
}
