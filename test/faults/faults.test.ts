import assert from "node:assert/strict";
import { EventSchema } from "@outlayer/contracts/outlayer/evidence/v1/event";
import { Actor, signIntents } from "../support/actors.ts";
import { type Boundary, knownCalls, listBoundaries, startBoundaries } from "./boundaries.ts";
import { briefKills, inTheMiddle, overtaken, rareKills } from "./kills.ts";
import { natsIfAny } from "./nats-if-any.ts";
import { type Play, type Played, playOut } from "./plays.ts";
import { trapName } from "./traps.ts";
import { fork, nodeRestart, stall } from "./troubles/chain.ts";
import { keystoreAway, keystoreNotReady } from "./troubles/keystore.ts";
import { callTroubles, transactionTroubles } from "./troubles/rpc.ts";
import type { Trouble } from "./troubles/trouble.ts";
import { chained, halting, ofTroubles, shapes, userCall } from "./workflows.ts";
import { Worlds } from "./worlds.ts";

/** Worlds side by side. */
const count = 3;

/** A call that comes or not by the blocks is waited for that often. */
const tries = 3;

const slow = 600_000;

describe("the fault harness", () => {
  let worlds: Worlds;
  let nats: { readonly url: string; stop(): Promise<void> } | undefined;
  let boundaries: readonly Boundary[];

  before(async function () {
    this.timeout(slow);
    nats = await natsIfAny();
    const environment = {
      // Soon enough for a workflow to say that nobody knows, while there is time to find out.
      NEAR_POLL_TIMEOUT_SECS: "3",
      ...(nats === undefined ? {} : { NATS_URL: nats.url }),
    };
    worlds = await Worlds.start(count, { blockTimeMs: 100, environment });
    boundaries = [
      ...(await listBoundaries(worlds.first, shapes)),
      // Another driver: what it has in common with that of the gate's is listed again.
      ...(await listBoundaries(worlds.first, [userCall])),
      ...startBoundaries(chained),
    ];
  });

  after(async () => {
    await worlds?.stop();
    await nats?.stop();
  });

  /** Plays them until each had met what it was to meet. @returns what still had not */
  async function playUntilMet(all: readonly Play[]): Promise<{ played: readonly Played[]; unmet: readonly string[] }> {
    const played: Played[] = [];
    let left = all;
    for (let round = 1; round <= tries && left.length > 0; round += 1) {
      const results = await worlds.playAll(left, playOut);
      played.push(...results);
      left = results.filter(({ unsprung, unmet }) => unsprung.length > 0 || unmet.length > 0).map(({ play }) => play);
    }
    const still = played.filter(({ play }) => left.includes(play));
    return { played, unmet: still.flatMap(({ unsprung, unmet }) => [...unsprung.map(trapName), ...unmet]) };
  }

  function endedAsEver(played: readonly Played[]): void {
    for (const { play, ends, unsprung } of played) {
      const what = [...play.traps.map(trapName), ...play.troubles.map(({ name }) => name)].join(", then ");
      for (const { shape, status, outcomes, error } of ends) {
        if (unsprung.length > 0 && ofTroubles.includes(shape)) continue;
        assert.deepEqual([status, ...outcomes], [shape.status, ...shape.outcomes], `${what}: ${error}`);
      }
    }
  }

  it("comes by every kind of append, send and signature", () => {
    const calls = new Set(boundaries.map(({ call }) => call));
    const missing = knownCalls.filter((call) => !calls.has(call));
    assert.deepEqual(missing, []);
  });

  it("has a kill for every event that a broadcaster appends", () => {
    const killed = new Set([...boundaries, ...rareKills.flatMap(({ traps }) => traps)].map(({ call }) => call));
    const kinds = EventSchema.oneofs.flatMap(({ fields }) => fields.map(({ localName }) => localName));
    // These two are the planner's and the gateway's.
    const ours = kinds.filter((kind) => !["opened", "cancelRequested"].includes(kind));
    assert.ok(ours.includes("outcomeUnknown"));
    assert.deepEqual(
      ours.filter((kind) => !killed.has(`append ${kind}`)),
      [],
    );
  });

  it("kills the broadcaster at each of them, and the next one goes on as if nothing had been", async () => {
    const { played, unmet } = await playUntilMet([...rareKills, ...briefKills(boundaries)]);
    assert.deepEqual(unmet, [], "everybody was killed where they were to be");
    assert.ok(worlds.kills >= 70, `${worlds.kills} kills`);
    endedAsEver(played);
  }).timeout(slow);

  it("has the node fail in every way at every call, the chain stand, fork and be cut off, and the keystore go away", async () => {
    const { rpc } = worlds.first.system.devnet.controls.counters.snapshot();
    // What one view answers is shared by admissions for a while, so not every workflow asks it: views fail as one kind.
    const always = ["query:call_function", "query:view_access_key"];
    // Chunks are read where a transaction is to be proven dead.
    const methods = Object.keys(rpc).filter(
      (method) => method !== "chunk" && (!method.startsWith("query:") || always.includes(method)),
    );
    for (const method of ["status", "block", "query", ...always, "send_tx"]) {
      assert.ok(methods.includes(method), `${method} is called`);
    }
    const troubles = [
      ...callTroubles(methods),
      ...transactionTroubles,
      stall("submitted"),
      nodeRestart("submitting"),
      fork("submitted", { transactions: "return", winner: "new" }),
      fork("resuming", { transactions: "drop", winner: "new" }),
      fork("dispatching", { transactions: "return", winner: "old" }),
      keystoreAway(1_000),
      keystoreNotReady(1_000),
    ];
    const provenDead = callTroubles(["chunk"]).map((trouble) => ({
      ...overtaken,
      troubles: [trouble, ...overtaken.troubles],
    }));
    const { played, unmet } = await playUntilMet([...troubles.map(alternately), ...provenDead]);
    assert.deepEqual(unmet, [], "every call was made that was to fail");
    endedAsEver(played);
  }).timeout(slow);

  it("did nothing twice, lost nothing, and every record is true", async () => {
    assert.deepEqual(await worlds.check(), []);
  }).timeout(60_000);

  it("would have noticed a payload that does again what a workflow had asked for once", async () => {
    const { devnet } = worlds.first.system;
    const [step] = chained.body(1).steps;
    assert.ok(step);
    const { receiver_id, token, amount } = step;
    const intent = { intent: "transfer", receiver_id, tokens: { [token]: amount } };
    const signed = await signIntents(devnet, "wallet-1", [intent]);
    const call = { receiverId: devnet.verifierId, methodName: "execute_intents", args: { signed: [signed] } };
    await new Actor(devnet, "mike.near").call(call);
    const violations = await worlds.check();
    assert.deepEqual(
      violations.map(({ kind }) => kind),
      ["twice"],
    );
  }).timeout(60_000);
});

function alternately(trouble: Trouble, index: number): Play {
  const shape = index % 2 === 0 ? chained : halting;
  return { shapes: [shape], traps: trouble.isOfStart ? [inTheMiddle] : [], troubles: [trouble] };
}
