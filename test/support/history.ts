import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import type { Answer } from "./rest-client.ts";
import { internalToken, type System } from "./system.ts";

/** The entries of a workflow's log as JSON text, in order. */
export async function historyOf(system: System, requestId: string, walletId = "wallet-1"): Promise<readonly string[]> {
  const entries = await entriesOf(system.product.http.evidence, requestId, walletId);
  return entries.map(({ entryJson }) => entryJson);
}

/** Everything that a wallet is shown of a workflow's log. */
export function shownHistory(system: System, requestId: string, walletId = "wallet-1") {
  return entriesOf(system.product.http.evidence, requestId, walletId);
}

/** Fails unless each entry of a record's log is what was hashed, follows the one before it, and the record is at their end. */
export async function verifyHistory(
  evidenceUrl: string,
  record: Answer["body"],
  walletId = "wallet-1",
  token = internalToken,
): Promise<void> {
  let head = "0".repeat(64);
  const entries = await entriesOf(evidenceUrl, record.request_id, walletId, token);
  for (const [index, { entryJson, hash }] of entries.entries()) {
    assert.equal(createHash("sha256").update(entryJson).digest("hex"), hash);
    const { prev_hash, version } = JSON.parse(entryJson);
    assert.deepEqual([prev_hash, version], [head, index + 1]);
    head = hash;
  }
  assert.deepEqual([record.head_hash, record.version], [head, entries.length]);
}

/** An entry as evidence gives it out over Connect's JSON. */
export interface ShownEntry {
  readonly version: string;
  readonly entryJson: string;
  readonly hash: string;
  readonly disclosedJson?: string;
}

/** A workflow's log as evidence gives it out. */
export async function entriesOf(
  evidenceUrl: string,
  requestId: string,
  walletId: string,
  token = internalToken,
): Promise<readonly ShownEntry[]> {
  const response = await fetch(`${evidenceUrl}/outlayer.evidence.v1.RecordService/GetHistory`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      "x-wallet-id": walletId,
      "x-internal-wallet-auth": token,
    },
    body: JSON.stringify({ requestId }),
  });
  return ((await response.json()) as { entries: readonly ShownEntry[] }).entries;
}

/** Events of a workflow's log, in order. */
export async function eventsOf(system: System, requestId: string, walletId?: string): Promise<readonly string[]> {
  const entries = await historyOf(system, requestId, walletId);
  return entries.map((entryJson) => Object.keys(JSON.parse(entryJson).event)[0] ?? "");
}
