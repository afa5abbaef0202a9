import assert from "node:assert/strict";
import { gateCalls } from "./chain-dump.ts";
import type { Answer } from "./rest-client.ts";
import type { System } from "./system.ts";

/** What every answer to a POST with a record must be, when it is an error. */
export function assertRefused({ status, body }: Answer, code: number, expected: Record<string, unknown>): void {
  const shown = Object.fromEntries(Object.keys(expected).map((key) => [key, body[key]]));
  assert.deepEqual(shown, expected);
  assert.equal(status, code);
  assert.equal(body.message, `${body.user_visible_error} (request ${body.request_id})`);
  assert.equal(body.error, body.message);
}

export const step = (outcome: string, error: string | null = null, possible_until: string | null = null) => ({
  outcome,
  error,
  possible_until,
});

/** Nothing was signed and nothing was sent. */
export function assertNothingHappened({ devnet }: System): void {
  const keystore = devnet.controls.counters.snapshot().keystore as Record<string, number>;
  assert.equal(keystore["/wallet/sign-nep413"] ?? 0, 0);
  assert.equal(gateCalls(devnet, "submit_intent").length, 0);
}

export const neverBegun = {
  signed_nep413_payloads: [],
  signed_nep366_delegates: [null, null, null],
  submit_tx_hashes: [null, null, null],
  intent_ids: [null, null, null],
  resume_tx_hash: null,
  step_outcomes: [step("not_executed"), step("not_executed"), step("not_executed")],
};
