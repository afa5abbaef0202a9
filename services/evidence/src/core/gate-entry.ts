import { fromJson, type JsonValue, toJson } from "@bufbuild/protobuf";
import { type GateLane, GateLaneSchema } from "@outlayer/contracts/outlayer/evidence/v1/log_service";
import { canonicalJson, noHash } from "@outlayer/workflow";
import type { Sha256Hex } from "./entry.ts";
import type { GateEntry } from "./store.ts";

/** @param previous the entry before it, or undefined for the first */
export function chainGateEntry(
  gateId: string,
  previous: GateEntry | undefined,
  change: string,
  lane: GateLane,
  atMs: number,
  sha256Hex: Sha256Hex,
): GateEntry {
  const version = (previous?.version ?? 0) + 1;
  const entryJson = canonicalJson({
    at: new Date(atMs).toISOString(),
    change,
    gate_id: gateId,
    lane: toJson(GateLaneSchema, lane, { useProtoFieldName: true }),
    prev_hash: previous?.hash ?? noHash,
    version,
  });
  return { gateId, version, atMs, entryJson, hash: sha256Hex(entryJson) };
}

export function laneOf(entry: GateEntry): GateLane {
  const { lane } = JSON.parse(entry.entryJson) as { lane: JsonValue };
  return fromJson(GateLaneSchema, lane);
}
