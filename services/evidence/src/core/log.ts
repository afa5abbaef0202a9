import { create } from "@bufbuild/protobuf";
import { type Event, EventSchema, type Opened } from "@outlayer/contracts/outlayer/evidence/v1/event";
import type { ProgressEvent } from "@outlayer/contracts/outlayer/progress/v1/progress";
import type { Record } from "@outlayer/contracts/outlayer/workflow/v1/record";
import { gatePartition, isTerminal, partitionOf } from "@outlayer/workflow";
import { LRUCache } from "lru-cache";
import { chainEntry, type Entry, type Sha256Hex } from "./entry.ts";
import { type CachedLog, LogCache } from "./log-cache.ts";
import { progressOf } from "./progress.ts";
import { eventOf, evolve, type Folded, fold } from "./record.ts";
import type { EvidenceStore, Projection } from "./store.ts";

export type OpenResult =
  | { readonly kind: "created" | "found"; readonly record: Record }
  | { readonly kind: "other_request" | "approval_used"; readonly requestId: string };

export type CancelRequest = { readonly kind: "recorded"; readonly record: Record } | { readonly kind: "unknown" };

export type AppendResult =
  | { readonly kind: "appended"; readonly version: number }
  | { readonly kind: "unknown" | "ended" | "conflict" };

/** Workflows whose partition is remembered: some hundred bytes each. */
const knownPartitions = 20_000;

/** Announces an event that is durable, of a workflow that belongs to the partition. */
export type Announce = (progress: ProgressEvent, event: Event, walletId: string, partition: string) => void;

export interface WorkflowLogDeps {
  readonly store: EvidenceStore;
  readonly now: () => number;
  readonly sha256Hex: Sha256Hex;
  readonly tell: Announce;
  /** Called with the wallet id once the log is read; tags log lines. */
  readonly onWallet: (walletId: string) => void;
  /** Carries workflows from before they named their gate. */
  readonly firstGateId: string;
}

/** The logs of all workflows: appends events, and folds logs to records. */
export class WorkflowLog {
  readonly #store: EvidenceStore;
  readonly #now: () => number;
  readonly #sha256Hex: Sha256Hex;
  readonly #tell: Announce;
  readonly #onWallet: (walletId: string) => void;
  readonly #firstPartition: string;
  readonly #cache = new LogCache();
  /** By request id; a workflow's never changes. */
  readonly #partitions = new LRUCache<string, string>({ max: knownPartitions });

  constructor(deps: WorkflowLogDeps) {
    this.#store = deps.store;
    this.#now = deps.now;
    this.#sha256Hex = deps.sha256Hex;
    this.#tell = deps.tell;
    this.#onWallet = deps.onWallet;
    this.#firstPartition = gatePartition(deps.firstGateId);
  }

  async open(requestId: string, opened: Opened): Promise<OpenResult> {
    const event = create(EventSchema, { kind: { case: "opened", value: opened } });
    const entry = chainEntry(requestId, undefined, event, this.#now(), this.#sha256Hex);
    const folded = evolve(undefined, entry, eventOf(entry));
    const { record } = folded;
    const { walletId, idempotencyKey, fingerprint, approval } = opened;
    const claim = { walletId, idempotencyKey, fingerprint, approvalOf: approval?.requestId };
    const result = await this.#store.open(entry, claim, this.#projectionOf(record));
    if (result.kind === "opened") {
      this.#note(requestId, undefined, folded, event);
      return { kind: "created", record };
    }
    if (result.kind === "approval_used") return result;
    if (result.fingerprint !== fingerprint) return { kind: "other_request", requestId: result.requestId };
    const found = await this.#look(result.requestId);
    if (found === undefined) throw new RangeError(`workflow ${result.requestId} has a key and no log`);
    return { kind: "found", record: found.folded.record };
  }

  async append(requestId: string, expectedVersion: number, event: Event): Promise<AppendResult> {
    const known = this.#cache.get(requestId);
    const isThere = known !== undefined && versionOf(known) === expectedVersion;
    const before = isThere ? known : await this.#look(requestId);
    if (before === undefined) return { kind: "unknown" };
    this.#onWallet(before.folded.record.walletId);
    const last = { version: versionOf(before), hash: before.folded.record.headHash };
    if (last.version !== expectedVersion) return { kind: "conflict" };
    if (isTerminal(before.folded.record.status)) return { kind: "ended" };
    const entry = chainEntry(requestId, last, event, this.#now(), this.#sha256Hex);
    // Folds the stored text, as every reader will, and not the caller's event object.
    const folded = evolve(before.folded, entry, eventOf(entry));
    if ((await this.#store.append(entry, this.#projectionOf(folded.record))) === "conflict")
      return { kind: "conflict" };
    this.#note(requestId, before, folded, event);
    return { kind: "appended", version: entry.version };
  }

  /**
   * Records a wallet's cancel request once, and retries while other events are appended. A workflow that has ended stays as it is.
   * Another wallet's workflow is answered like an unknown id.
   */
  async requestCancel(requestId: string, walletId: string): Promise<CancelRequest> {
    const event = create(EventSchema, { kind: { case: "cancelRequested", value: {} } });
    for (;;) {
      const record = await this.record(requestId);
      if (record?.walletId !== walletId) return { kind: "unknown" };
      if (record.cancelRequested || isTerminal(record.status)) return { kind: "recorded", record };
      await this.append(requestId, Number(record.version), event);
    }
  }

  /**
   * The record; undefined for an unknown id.
   * @param atLeast a version that the caller has been told of: the cache may answer with it, or with a later one
   */
  async record(requestId: string, atLeast?: number): Promise<Record | undefined> {
    return (await this.#look(requestId, atLeast))?.folded.record;
  }

  /** The partition that the workflow belongs to, from its first event on; undefined for an unknown id. */
  async partition(requestId: string): Promise<string | undefined> {
    const known = this.#partitions.get(requestId);
    if (known !== undefined) return known;
    const cached = this.#cache.get(requestId);
    // Not kept as a log: lists ask about thousands, and appends need their place in the cache.
    const [first] = cached === undefined ? await this.#store.read(requestId, 0) : [];
    const record = cached?.folded.record ?? (first && evolve(undefined, first, eventOf(first)).record);
    return record && this.#partitionOf(record);
  }

  async entries(requestId: string): Promise<readonly Entry[]> {
    return this.#store.read(requestId, 0);
  }

  /**
   * Progress after a version, event by event.
   * @param atLeast as for `record`
   */
  async progress(requestId: string, afterVersion: number, atLeast?: number): Promise<readonly ProgressEvent[]> {
    const cached = await this.#look(requestId, atLeast);
    if (cached !== undefined) this.#onWallet(cached.folded.record.walletId);
    const latest = cached?.told ?? [];
    const isAll = versionOf(cached) <= afterVersion || Number(latest[0]?.version) <= afterVersion + 1;
    if (isAll) return latest.filter(({ version }) => version > afterVersion);
    const entries = await this.#store.read(requestId, 0);
    const seen = entries.filter(({ version }) => version <= afterVersion);
    const told: ProgressEvent[] = [];
    // Up to there only the folded result is needed.
    let folded = seen.length === 0 ? undefined : fold(seen);
    for (const entry of entries.slice(seen.length)) {
      const event = eventOf(entry);
      folded = evolve(folded, entry, event);
      told.push(progressOf(folded.record, event));
    }
    return told;
  }

  /** The log, up to this version at least, or as it stands in the store. Undefined for an unknown id. */
  async #look(requestId: string, atLeast = Number.POSITIVE_INFINITY): Promise<CachedLog | undefined> {
    const known = this.#cache.get(requestId);
    if (known !== undefined && versionOf(known) >= atLeast) return known;
    const entries = await this.#store.read(requestId, versionOf(known));
    const last = entries.at(-1);
    if (last === undefined) return known;
    const folded = fold(entries, known?.folded);
    const before = entries.length === 1 ? (known?.told ?? []) : [];
    return this.#cache.keep(requestId, { folded, told: [...before, progressOf(folded.record, eventOf(last))] });
  }

  #projectionOf(record: Record): Projection {
    return {
      requestId: record.requestId,
      walletId: record.walletId,
      status: record.status,
      terminal: isTerminal(record.status),
      version: Number(record.version),
      // As the log itself names it: what the operator says of older ones can be wrong, and be put right.
      partition: partitionOf(record) ?? "",
    };
  }

  #partitionOf(record: Record): string {
    const partition = partitionOf(record) ?? this.#firstPartition;
    this.#partitions.set(record.requestId, partition);
    return partition;
  }

  /** Caches an appended event, and announces it. */
  #note(requestId: string, before: CachedLog | undefined, folded: Folded, event: Event): void {
    const progress = progressOf(folded.record, event);
    this.#cache.keep(requestId, { folded, told: [...(before?.told ?? []), progress] });
    const { record } = folded;
    this.#tell(progress, event, record.walletId, this.#partitionOf(record));
  }
}

/** 0 for a log that does not exist, or is not cached. */
function versionOf(cached: CachedLog | undefined): number {
  return Number(cached?.folded.record.version ?? 0n);
}
