import { entriesOf } from "../../support/history.ts";
import type { Honest } from "../honest-load.ts";

/** Milliseconds that went by before each event of a workflow's log, by the event; those from the POST on are `opened`. */
export type Stages = Readonly<Record<string, number>>;

/** Reads from their logs where honest workflows spent their time. */
export async function stagesOf(evidenceUrl: string, honest: readonly Honest[]): Promise<Stages[]> {
  const all: Stages[] = [];
  for (const { requestId, walletId, begunAtMs } of honest) {
    // One that was never answered has no log that is known.
    if (requestId === "none") continue;
    const entries = await entriesOf(evidenceUrl, requestId, walletId);
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
