import type { AppendGateLogRequest, GetGateLogRequest } from "@outlayer/contracts/outlayer/evidence/v1/log_service";
import { conflict, invalid } from "@outlayer/kit";
import { gatePartition } from "@outlayer/workflow";
import type { Sha256Hex } from "../core/entry.ts";
import { chainGateEntry, laneOf } from "../core/gate-entry.ts";
import type { EvidenceStore } from "../core/store.ts";
import { checkLease, type LeaseCheckDeps } from "./leases.ts";

export interface GateLogDeps {
  readonly store: Pick<EvidenceStore, "lastGateEntry" | "appendGate">;
  readonly leases: LeaseCheckDeps;
  readonly now: () => number;
  readonly sha256Hex: Sha256Hex;
}

export async function getGateLog({ store }: GateLogDeps, { gateId }: GetGateLogRequest) {
  const last = await store.lastGateEntry(gateId);
  return last === undefined ? { version: 0n, lane: {} } : { version: BigInt(last.version), lane: laneOf(last) };
}

export async function appendGateLog(deps: GateLogDeps, request: AppendGateLogRequest) {
  const { gateId, expectedVersion, change, lane } = request;
  if (lane === undefined) throw invalid("lane is required");
  await checkLease(deps.leases, request.lease, gatePartition(gateId));
  const moved = () => conflict(`the log of gate ${gateId} has moved on from version ${expectedVersion}`);
  const last = await deps.store.lastGateEntry(gateId);
  if ((last?.version ?? 0) !== Number(expectedVersion)) throw moved();
  const entry = chainGateEntry(gateId, last, change, lane, deps.now(), deps.sha256Hex);
  if ((await deps.store.appendGate(entry)) === "conflict") throw moved();
  return { version: BigInt(entry.version) };
}
