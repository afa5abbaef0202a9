import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { type KeyPair, keyPairFromSeed } from "@outlayer/near";
import { preflightSchema } from "@outlayer/workflow";
import type { z } from "zod";
import type { System } from "./system.ts";

export type Preflight = z.infer<typeof preflightSchema>;
export type Check = Preflight["checks"][number];

/** What REST answers, held to its schema and to what holds of every answer. */
export async function preflight(system: System, steps?: readonly unknown[], walletId = "wallet-1"): Promise<Preflight> {
  const rest = system.rest(walletId);
  const { status, body } =
    steps === undefined ? await rest.get("/preflight") : await rest.post("/workflows/preflight", { steps });
  assert.equal(status, 200, JSON.stringify(body));
  const found = preflightSchema.strict().parse(body);
  const aborting = found.checks.filter((check) => !check.ok && check.class !== "advisory");
  assert.deepEqual(
    found.abort_reasons,
    aborting.map(({ name }) => name),
  );
  assert.equal(found.ready, aborting.length === 0);
  for (const check of found.checks) assert.notEqual(check.message, "", check.name);
  return found;
}

/** The checks that fail, whatever their class. */
export function failing({ checks }: Preflight): readonly Check[] {
  return checks.filter(({ ok }) => !ok);
}

/** The wallet's own key, as the devnet's keystore derives it (docs/counterparts/keystore.md). */
export function walletKey(walletId: string): KeyPair {
  const master = Buffer.alloc(32, 7);
  return keyPairFromSeed(createHmac("sha256", master).update(`wallet:${walletId}:near`).digest());
}
