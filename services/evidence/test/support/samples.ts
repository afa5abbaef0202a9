import { createHash } from "node:crypto";
import type { Entry } from "../../src/core/entry.ts";
import type { Claim, GateEntry, Projection, UsageEntry } from "../../src/core/store.ts";

export const sha256Hex = (text: string) => createHash("sha256").update(text).digest("hex");
export const fingerprint = sha256Hex("the request");
const atMs = 1_700_000_000_123;

/** An entry as stores see it: to them its text is any text. */
export function entryOf(requestId: string, version: number, text = "the event", secretJson?: string): Entry {
  const entryJson = JSON.stringify({ request_id: requestId, version, text });
  return { requestId, version, atMs, entryJson, hash: sha256Hex(entryJson), secretJson };
}

export function projectionOf({ requestId, version }: Entry, status = "planned"): Projection {
  return {
    requestId,
    walletId: "wallet-1",
    status,
    terminal: status === "failed",
    version,
    partition: "gate:gate.near",
  };
}

export const claimOf = (idempotencyKey: string, walletId = "wallet-1", approvalOf?: string): Claim => ({
  walletId,
  idempotencyKey,
  fingerprint,
  approvalOf,
});

export function gateEntryOf(gateId: string, version: number): GateEntry {
  const entryJson = JSON.stringify({ gate_id: gateId, version });
  return { gateId, version, atMs, entryJson, hash: sha256Hex(entryJson) };
}

export function usageEntryOf(walletId: string, seq: number, requestId: string): UsageEntry {
  return { walletId, seq, requestId, atMs, entryJson: JSON.stringify({ wallet_id: walletId, seq }) };
}
