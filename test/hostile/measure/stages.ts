import type { Honest } from "../honest-load.ts";
import type { Targets } from "../targets.ts";

/** Milliseconds that went by before each event of a workflow's log, by the event; those from the POST on are `opened`. */
export type Stages = Readonly<Record<string, number>>;

/** Reads from their logs where honest workflows spent their time. */
export async function stagesOf(targets: Targets, internalToken: string, honest: readonly Honest[]): Promise<Stages[]> {
  const all: Stages[] = [];
  for (const { requestId, walletId, begunAtMs } of honest) {
    const response = await fetch(`${targets.http.evidence}/outlayer.evidence.v1.RecordService/GetHistory`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        "x-wallet-id": walletId,
        "x-internal-wallet-auth": internalToken,
      },
      body: JSON.stringify({ requestId }),
    });
    if (!response.ok) continue;
    const { entries = [] } = (await response.json()) as { entries?: { entryJson: string }[] };
    const stages: Record<string, number> = {};
    let before = begunAtMs;
    for (const { entryJson } of entries) {
      const { event, at } = JSON.parse(entryJson);
      const atMs = Date.parse(at);
      const name = Object.keys(event)[0] ?? "";
      stages[name] = (stages[name] ?? 0) + atMs - before;
      before = atMs;
    }
    all.push(stages);
  }
  return all;
}
