import { internalToken, type System } from "./system.ts";

/** The entries of a workflow's log as JSON text, in order. */
export async function historyOf(system: System, requestId: string, walletId = "wallet-1"): Promise<readonly string[]> {
  const response = await fetch(`${system.product.http.evidence}/outlayer.evidence.v1.RecordService/GetHistory`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      "x-wallet-id": walletId,
      "x-internal-wallet-auth": internalToken,
    },
    body: JSON.stringify({ requestId }),
  });
  const { entries } = (await response.json()) as { entries: { entryJson: string }[] };
  return entries.map(({ entryJson }) => entryJson);
}

/** Events of a workflow's log, in order. */
export async function eventsOf(system: System, requestId: string, walletId?: string): Promise<readonly string[]> {
  const entries = await historyOf(system, requestId, walletId);
  return entries.map((entryJson) => Object.keys(JSON.parse(entryJson).event)[0] ?? "");
}
