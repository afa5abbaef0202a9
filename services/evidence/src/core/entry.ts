import { toJson } from "@bufbuild/protobuf";
import { type Event, EventSchema } from "@outlayer/contracts/outlayer/evidence/v1/event";
import { canonicalJson, noHash } from "@outlayer/workflow";
import { seal } from "./secrets.ts";

/** One event as it is stored. The hash chain makes a later change of any entry show in all that follow. */
export interface Entry {
  readonly requestId: string;
  /** From 1, without gaps. */
  readonly version: number;
  /** Milliseconds since the epoch. */
  readonly atMs: number;
  /** RFC 8785 text of `{at, event, prev_hash, request_id, version}`: what is hashed, and what an auditor reads. */
  readonly entryJson: string;
  /** Lower-case hex SHA-256 of `entryJson`. */
  readonly hash: string;
  /** What `entryJson` names by its SHA-256 only, as secrets.ts writes it; undefined where there is nothing of the kind. */
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
