import type { Entry } from "./entry.ts";
import { advance, eventOf, type Folded, fold } from "./record.ts";
import type { EvidenceStore } from "./store.ts";

/** A log up to its last entry. */
export interface Head {
  readonly last: Entry;
  readonly folded: Folded;
}

/** Workflows whose head is kept. */
const most = 1_000;

/**
 * The heads of logs that grow, so that an append costs the same however long its log is. The log decides: the entry that was
 * the last must still be there, and what others have appended since is read. A head is changed as it is gone on with, so
 * whoever takes one has it alone: another finds none, and folds the log anew.
 */
export class Heads {
  readonly #store: Pick<EvidenceStore, "read">;
  /** The one that was kept last comes last. */
  readonly #heads = new Map<string, Head>();

  constructor(store: Pick<EvidenceStore, "read">) {
    this.#store = store;
  }

  /** Undefined for an id that is not there. */
  async take(requestId: string): Promise<Head | undefined> {
    const known = this.#heads.get(requestId);
    this.#heads.delete(requestId);
    if (known !== undefined) {
      const [first, ...later] = await this.#store.read(requestId, known.last.version - 1);
      if (first?.version === known.last.version && first.hash === known.last.hash) {
        const folded = later.reduce((before, entry) => advance(before, entry, eventOf(entry)), known.folded);
        return { last: later.at(-1) ?? first, folded };
      }
    }
    const entries = await this.#store.read(requestId, 0);
    const last = entries.at(-1);
    return last && { last, folded: fold(entries) };
  }

  /** Keeps a head for whoever takes it next. It must be what the log has. */
  keep(head: Head): void {
    const { requestId } = head.last;
    this.#heads.delete(requestId);
    this.#heads.set(requestId, head);
    const [eldest] = this.#heads.keys();
    if (this.#heads.size > most && eldest !== undefined) this.#heads.delete(eldest);
  }
}
