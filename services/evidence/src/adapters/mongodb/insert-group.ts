import { type Collection, MongoBulkWriteError, type OptionalUnlessRequiredId } from "mongodb";
import { type Database, turnMs } from "./database.ts";
import { DatabaseRefused, isUnanswered, NotSent, refusalOf } from "./errors.ts";

/** Insertions under way: two, so that a slow one does not hold up all others. */
const atOnce = 2;
/** Documents in an insertion, and UTF-16 units of their texts: far from where the driver would split it. */
const mostTogether = 64;
const mostText = 2_000_000;
/** The party of an insertion, which is of many wallets: no wallet id has a blank. */
const allWallets = "all wallets";
/** Time limit of an insertion, milliseconds. */
const insertMs = 3_000;

/** A document whose texts are long. */
export interface TextDocument {
  readonly entry_json: string;
  readonly secret_json?: string;
}

interface Waiting<T> {
  readonly document: OptionalUnlessRequiredId<T>;
  readonly text: number;
  /** Called when the document is being sent. */
  readonly isSent: () => void;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Inserts documents that arrive together in one unordered insertion: those that come while insertions are under way are the next
 * one. Nothing waits for company. The unique indexes decide for each document, and none is taken for stored unless the server
 * accounts for all of them.
 */
export class InsertGroup<T extends TextDocument> {
  readonly #database: Database;
  readonly #collection: Collection<T>;
  #waiting: Waiting<T>[] = [];
  #underWay = 0;
  /** Whether an insertion waits for its turn, and takes along what arrives until then. */
  #isForming = false;

  constructor(database: Database, collection: Collection<T>) {
    this.#database = database;
    this.#collection = collection;
  }

  /**
   * Resolves once the document is durable.
   * @throws NotSent where its turn did not come in time; any other error leaves open what became of the document
   */
  insert(document: OptionalUnlessRequiredId<T>): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const { entry_json, secret_json = "" } = document as unknown as TextDocument;
    const text = entry_json.length + secret_json.length;
    const isSent = this.#database.ports.timers.after(turnMs, () => {
      this.#waiting = this.#waiting.filter((each) => each !== waiting);
      this.#database.watch.missed("slow", "too many calls are under way");
      reject(new NotSent());
    });
    const waiting = { document, text, isSent, resolve, reject };
    this.#waiting.push(waiting);
    this.#begin();
    return promise;
  }

  #begin(): void {
    if (this.#waiting.length > 0 && !this.#isForming && this.#underWay < atOnce) void this.#run();
  }

  async #run(): Promise<void> {
    this.#isForming = true;
    let group: readonly Waiting<T>[] = [];
    try {
      const insert = () => {
        group = this.#take();
        return this.#insertAll(group.map(({ document }) => document));
      };
      const refused = await this.#database.answered(insert, insertMs, "usual", allWallets);
      for (const [index, { resolve, reject }] of group.entries()) {
        if (refused.has(index)) reject(refused.get(index));
        else resolve();
      }
    } catch (error) {
      // Without a group there was no turn: documents that have waited long enough have left by themselves.
      for (const { reject } of group) reject(error);
    } finally {
      if (group.length > 0) this.#underWay -= 1;
      else this.#isForming = false;
      this.#begin();
    }
  }

  #take(): readonly Waiting<T>[] {
    let text = 0;
    const end = this.#waiting.findIndex((each, index) => {
      text += each.text;
      return index === mostTogether || (index > 0 && text > mostText);
    });
    const group = this.#waiting.splice(0, end === -1 ? this.#waiting.length : end);
    if (group.length === 0) return group;
    for (const { isSent } of group) isSent();
    this.#isForming = false;
    this.#underWay += 1;
    this.#begin();
    return group;
  }

  /** @returns by index, why the server has refused a document; all others are durable */
  async #insertAll(documents: readonly OptionalUnlessRequiredId<T>[]): Promise<ReadonlyMap<number, Error>> {
    const refused = new Map<number, Error>();
    if (documents.length === 0) return refused;
    let inserted: number;
    try {
      inserted = (await this.#collection.insertMany(documents, { ordered: false })).insertedCount;
    } catch (error) {
      if (!(error instanceof MongoBulkWriteError) || isUnanswered(error)) throw error;
      for (const { index, code } of [error.writeErrors].flat()) {
        refused.set(index, refusalOf(error, code));
      }
      if (refused.size === 0) throw error;
      inserted = error.insertedCount;
    }
    if (inserted + refused.size !== documents.length) throw new DatabaseRefused("the database left documents out");
    return refused;
  }
}
