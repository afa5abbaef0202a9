import { toJson } from "@bufbuild/protobuf";
import { type Event, EventSchema } from "@outlayer/contracts/outlayer/evidence/v1/event";
import { canonicalJson, noHash } from "@outlayer/workflow";
import { seal } from "./secrets.ts";

/** One stored event. The hash chain exposes a later change of any entry in all entries after it. */
export interface Entry {
  readonly requestId: string;
  /** From 1, without gaps. */
  readonly version: number;
  /** Milliseconds since the epoch. */
  readonly atMs: number;
  /** RFC 8785 text of `{at, event, prev_hash, request_id, version}`: the hashed text, which auditors read. */
  readonly entryJson: string;
  /** Lower-case hex SHA-256 of `entryJson`. */
  readonly hash: string;
  /** The secrets that `entryJson` names by their SHA-256, as secrets.ts writes them; undefined where there are none. */
  readonly secretJson: string | undefined;
}

export type Sha256Hex = (text: string) => string;

/** @param previous the entry before it, or undefined for the first */
export function chainEntry(
  requestId: string,
  previous: Pick<Entry, "version" | "hash"> | undefined,
  event: Event,
  atMs: number,
  sha256Hex: Sha256Hex,
): Entry {
  const version = (previous?.version ?? 0) + 1;
  const sealed = seal(event, sha256Hex);
  const entryJson = canonicalJson({
    at: new Date(atMs).toISOString(),
    event: toJson(EventSchema, sealed.event, { useProtoFieldName: true }),
    prev_hash: previous?.hash ?? noHash,
    request_id: requestId,
    version,
  });
  return { requestId, version, atMs, entryJson, hash: sha256Hex(entryJson), secretJson: sealed.secretJson };
}
