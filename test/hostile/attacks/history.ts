import type { Attack } from "../attack.ts";
import type { AttackWorld, Json } from "../attack-world.ts";
import { dailyLimit } from "../tenants.ts";
import { lawful } from "./steps.ts";

/** Signed payloads, wherever in an answer they stand. */
const signedIn = /\{[^{}]*\\*"standard\\*":\\*"nep413/;

export const history: Attack = {
  name: "signed-and-cancelled",
  tries: "reads a payload out of record, history or events as soon as it is signed, cancels, and carries it itself",
  everyMs: 10_000,
  refusals: ["200", "202", "204", "400", "403", "404", "409", "429", "503"],
  async round(world) {
    const { body } = await world.rest({
      path: "/wallet/v1/workflows/execute",
      method: "POST",
      as: "hostile-history",
      headers: { prefer: "wait=0" },
      // All that may be moved in a day: whatever is moved beside it is too much.
      body: { steps: [lawful(String(dailyLimit))] },
    });
    const requestId: string | undefined = body?.request_id;
    if (requestId === undefined) return;
    const payloads = await firstPayloads(world, requestId);
    await world.rest({
      path: `/wallet/v1/workflows/${requestId}`,
      method: "DELETE",
      as: "hostile-history",
      headers: { prefer: "wait=1" },
    });
    if (payloads.length > 0) await world.carry(payloads);
  },
};

/** What is to be had of a workflow's payloads before it is in the verifier. */
async function firstPayloads(world: AttackWorld, requestId: string): Promise<readonly unknown[]> {
  const giveUpAt = Math.min(world.endsMs, Date.now() + 4_000);
  while (Date.now() < giveUpAt) {
    const { body } = await world.rest({ path: `/wallet/v1/workflows/${requestId}`, as: "hostile-history" });
    if (body === undefined || body.retry_after_ms === null) return [];
    const fromRecord = (body.signed_nep413_payloads ?? []) as readonly string[];
    const readable = fromRecord.filter((text) => text.startsWith("{"));
    if (readable.length > 0) return readable.map((text) => JSON.parse(text));
    const answer = await world.http({
      url: `${world.targets.http.evidence}/outlayer.evidence.v1.RecordService/GetHistory`,
      method: "POST",
      headers: { "content-type": "application/json", ...world.credentialsOf("hostile-history") },
      body: JSON.stringify({ requestId }),
    });
    if (signedIn.test(answer.text)) return payloadsIn(JSON.parse(answer.text));
  }
  return [];
}

/** Objects of the standard, however deep they stand, in texts of JSON too. */
function payloadsIn(value: Json): readonly unknown[] {
  if (typeof value === "string") {
    if (!value.includes("nep413")) return [];
    try {
      return payloadsIn(JSON.parse(value));
    } catch {
      return [];
    }
  }
  if (typeof value !== "object" || value === null) return [];
  if (value.standard === "nep413" && typeof value.signature === "string") return [value];
  return Object.values(value).flatMap(payloadsIn);
}
