import assert from "node:assert/strict";
import { Code, ConnectError } from "@connectrpc/connect";
import { LogService } from "@outlayer/contracts/outlayer/evidence/v1/log_service";
import type { ProductDeps } from "@outlayer/embedded";
import { Actor } from "./support/actors.ts";
import { gateCalls, transactions } from "./support/chain-dump.ts";
import { eventsOf, shownHistory } from "./support/history.ts";
import { misbehavingSigner } from "./support/misbehaving-signer.ts";
import { MovingClock, pastDeadlinesMs, someMorning } from "./support/moving-clock.ts";
import { transfer } from "./support/steps.ts";
import { type System, withSystem } from "./support/system.ts";
import { wrappedLog } from "./support/wrapped-log.ts";

const wrap = "nep141:wrap.near";
const ten = transfer("10");
// biome-ignore lint/suspicious/noExplicitAny: whatever an attacker is shown
type Json = any;

/** Signed payloads anywhere in what somebody is shown, also in JSON that is text inside of it. */
function payloadsIn(value: Json): string[] {
  if (typeof value === "string") {
    if (!/^\s*[[{]/.test(value)) return [];
    try {
      return payloadsIn(JSON.parse(value));
    } catch {
      return [];
    }
  }
  if (typeof value !== "object" || value === null) return [];
  if (value.standard === "nep413" && value.signature !== undefined) return [JSON.stringify(value)];
  return Object.values(value).flatMap(payloadsIn);
}

/** Carries payloads to the verifier without the gate. @returns how many of them it executed */
async function carryAll(system: System, payloads: readonly string[]): Promise<number> {
  let executed = 0;
  for (const payload of payloads) {
    const hash = await new Actor(system.devnet, "mike.near").call({
      receiverId: system.devnet.verifierId,
      methodName: "execute_intents",
      args: { signed: [JSON.parse(payload)] },
    });
    const sent = transactions(system.devnet).find(({ transaction }) => transaction.hash === hash);
    const status = sent?.receipts[0]?.outcome?.outcome.status as Json;
    if (status?.Failure === undefined) executed += 1;
  }
  return executed;
}

const balanceOf = ({ devnet }: System) => devnet.controls.verifier.balanceOf(devnet.wallets[0]?.accountId ?? "", wrap);

const setLimit = (system: System, daily: string) =>
  system.devnet.controls.wallets.setPolicy("wallet-1", { rules: { limits: { daily: { [wrap]: daily } } } });

/** Evidence before whose every first append of a kind, workflow by workflow, something happens. */
function beforeEachAppend(kind: string, meanwhile: (requestId: string) => Promise<void>): ProductDeps["wrap"] {
  const seen = new Set<string>();
  return wrappedLog((router, real) =>
    router.rpc(LogService.method.appendEvent, async (request) => {
      if (request.event?.kind.case === kind && !seen.has(request.requestId)) {
        seen.add(request.requestId);
        await meanwhile(request.requestId);
      }
      return real.appendEvent(request);
    }),
  );
}

/** Everything that the wallet's owner is shown of a workflow by REST, gRPC and its event stream. */
async function shownOf(system: System, requestId: string): Promise<Json> {
  return [await shownHistory(system, requestId), await system.rest().record(requestId)];
}

describe("what is signed and not submitted", () => {
  /** It is dead when the test says so. */
  let clock: MovingClock;
  beforeEach(() => {
    clock = new MovingClock(someMorning);
  });

  it("cannot be read from a history and carried past the limit after a DELETE, again and again", () => {
    const read: string[] = [];
    let attack = async (_requestId: string) => {};
    const wrapper = beforeEachAppend("submissionsPrepared", (requestId) => attack(requestId));
    return withSystem({ clock, ...(wrapper && { wrap: wrapper }) }, async (system) => {
      attack = async (requestId) => {
        read.push(...payloadsIn(await shownOf(system, requestId)));
        await system.rest().cancel(requestId, 0);
      };
      setLimit(system, "10");
      const before = balanceOf(system);
      const denied: Json[] = [];
      for (let round = 0; round < 4; round += 1) {
        const requestId = await system.rest().begin([ten], `round ${round}`);
        const record = await system
          .rest()
          .until(requestId, (one) => one.retry_after_ms === null || one.status === "settling");
        if (record.status === "policy_denied") denied.push(record.user_visible_error);
        await carryAll(system, read.splice(0));
      }
      assert.equal(before - balanceOf(system), 0n, "nothing was there to be carried");
      const reason = `policy denied before signing: Daily limit exceeded for ${wrap}: 10 + 10 > 10`;
      assert.deepEqual(denied, [reason, reason, reason], "what was signed counts until it is dead");
    });
  });

  it("settles until it is dead when it is cancelled, costs the operator nothing, and frees its limit then", () => {
    const stolen: string[] = [];
    let cancel = async (_requestId: string) => {};
    const evidence = beforeEachAppend("submissionsPrepared", (requestId) => cancel(requestId));
    const signer = misbehavingSigner({
      answer(response) {
        stolen.push(response.payloadJson ?? "");
        return response;
      },
    });
    return withSystem({ clock, wrap: { ...evidence, ...signer } }, async (system) => {
      cancel = async (requestId) => {
        await system.rest().cancel(requestId, 0);
      };
      setLimit(system, "10");
      const requestId = await system.rest().begin([ten]);
      const settling = await system.rest().until(requestId, ({ status }) => status === "settling");
      const { outcome, possible_until } = settling.step_outcomes[0];
      assert.equal(outcome, "still_possible");
      const text = "it was cancelled at its caller's wish before anything was sent";
      assert.equal(
        settling.user_visible_error,
        `${text}; the call may still execute until ${possible_until}; do not repeat before`,
      );
      assert.equal((await system.rest().execute([ten])).body.status, "policy_denied");
      clock.advance(pastDeadlinesMs);
      const record = await system.rest().ended(requestId);
      assert.deepEqual([record.status, record.user_visible_error], ["cancelled", text]);
      assert.deepEqual([record.signed_nep413_payloads, record.signed_nep366_delegates], [[], [null]]);
      assert.equal(await carryAll(system, stolen), 0, "it is dead by then");
      assert.deepEqual([record.cancel_tx_hashes, gateCalls(system.devnet, "submit_intent")], [[], []]);
      cancel = async () => {};
      assert.equal((await system.rest().execute([ten])).body.status, "succeeded");
    });
  });

  it("is said to have taken effect, and counts, where somebody who has it carries it after a DELETE", () => {
    const stolen: string[] = [];
    let attack = async (_requestId: string) => {};
    const evidence = beforeEachAppend("submissionsPrepared", (requestId) => attack(requestId));
    const signer = misbehavingSigner({
      answer(response) {
        stolen.push(response.payloadJson ?? "");
        return response;
      },
    });
    return withSystem({ clock, wrap: { ...evidence, ...signer } }, async (system) => {
      attack = async (requestId) => {
        await system.rest().cancel(requestId, 0);
        assert.equal(await carryAll(system, stolen), 1);
      };
      setLimit(system, "10");
      const record = await system.rest().ended(await system.rest().begin([ten]));
      assert.deepEqual([record.status, record.step_outcomes[0].outcome], ["failed", "succeeded_elsewhere"]);
      assert.match(record.user_visible_error, /took effect all the same, carried by somebody else: do not repeat it$/);
      assert.equal((await system.rest().execute([ten])).body.status, "policy_denied");
    });
  });

  it("is possible from the signature on, also where the process ends before it is written down", () => {
    const stolen: string[] = [];
    let current: System | undefined;
    const requestIds: string[] = [];
    const signer = misbehavingSigner({
      async answer(response, { requestId }) {
        stolen.push(response.payloadJson ?? "");
        requestIds.push(requestId);
        await current?.rest().cancel(requestId, 0);
        throw new ConnectError("the answer got lost", Code.Unavailable);
      },
    });
    return withSystem({ clock, wrap: signer }, async (system) => {
      current = system;
      const requestId = await system.rest().begin([ten]);
      await system.rest().until(requestId, ({ status }) => status === "settling");
      await system.restart();
      clock.advance(pastDeadlinesMs);
      const record = await system.rest().ended(requestId);
      assert.deepEqual([record.status, new Set(requestIds)], ["cancelled", new Set([requestId])]);
      assert.equal(await carryAll(system, stolen), 0, "it is dead by then");
      const events = await eventsOf(system, requestId);
      assert.ok(events.includes("signing_prepared") && !events.includes("signed"), events.join());
    });
  });

  it("cannot be carried beside what is signed anew once it was thrown away: that waits until it is dead", () => {
    const read: string[] = [];
    const stolen: string[] = [];
    let current: System | undefined;
    let isDiscarded = false;
    let isOld = false;
    const evidence = wrappedLog((router, real) =>
      router.rpc(LogService.method.appendEvent, async (request) => {
        const { requestId, event } = request;
        if (event?.kind.case === "signaturesDiscarded") isDiscarded = true;
        if (event?.kind.case === "submissionsPrepared" && !isDiscarded && current !== undefined) {
          // It stands still until the delegate is too old, and its payload is not.
          if (!isOld) current.devnet.controls.blocks.mine({ blocks: 200 });
          isOld = true;
          read.push(...payloadsIn(await shownOf(current, requestId)));
          throw new ConnectError("away", Code.Unavailable);
        }
        return real.appendEvent(request);
      }),
    );
    const signer = misbehavingSigner({
      answer(response) {
        stolen.push(response.payloadJson ?? "");
        return response;
      },
    });
    return withSystem({ clock, wrap: { ...evidence, ...signer } }, async (system) => {
      current = system;
      setLimit(system, "10");
      const before = balanceOf(system);
      const requestId = await system.rest().begin([ten]);
      const isWaiting = ({ queue }: { queue?: { waiting_for?: string } }) =>
        queue?.waiting_for === "discarded_signatures";
      const shown = await system.rest().until(requestId, isWaiting);
      const queue = { position: 0, expected_start_height: null, waiting_for: "discarded_signatures" };
      assert.deepEqual([shown.status, shown.queue], ["queued", queue], "it has no place in a queue");
      clock.advance(pastDeadlinesMs);
      const record = await system.rest().ended(requestId);
      assert.equal(record.status, "succeeded", record.user_visible_error);
      const events = await eventsOf(system, requestId);
      assert.ok(events.includes("signatures_discarded"), events.join());
      assert.deepEqual(read, [], "nobody was shown it");
      assert.equal(await carryAll(system, stolen.slice(0, 1)), 0, "it was dead before anything was signed anew");
      assert.equal(before - balanceOf(system), 10n);
    });
  });
});
