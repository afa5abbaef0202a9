import assert from "node:assert/strict";
import { type Boundary, listBoundaries, startBoundaries } from "./boundaries.ts";
import { briefKillPlays, type KillPlay, type Played, playKills } from "./kill-plays.ts";
import { natsIfAny } from "./nats-if-any.ts";
import { trapName } from "./traps.ts";
import { chained, shapes } from "./workflows.ts";
import { Worlds } from "./worlds.ts";

/** What every run must come by, whatever else there is. */
const always = [
  ...["taken", "policyAllowed", "admitted", "signed", "submissionsPrepared", "submissionsAccepted", "resumePrepared"],
  ...["resumeStarted", "stepResolved", "measured", "ended", "settling", "cancelPrepared", "cancelResolved"],
].map((event) => `append ${event}`);
const sends = ["submit_intent", "resume_batch_chained", "resume_intent", "execute_intents"].map((one) => `send ${one}`);
const lane = ["conducted", "admitted", "chain", "left", "single"].map((one) => `append to the gate's log: ${one}`);
const others = [
  "AcquireLease",
  "CheckPolicy",
  "ReserveUsage",
  "ReserveNonces",
  "ReleaseUsage",
  "SignStep",
  "SignCancel",
];

/** Whether the rest is rejected, or its payload cancelled first, is a matter of blocks. */
const notAlways = "append to the gate's log: reject";

/** Worlds side by side: processes that start take one core, what they talk to another. */
const count = 4;
const tries = 3;

describe("a broadcaster process that is killed at every boundary", () => {
  let worlds: Worlds;
  let nats: { readonly url: string; stop(): Promise<void> } | undefined;
  let boundaries: readonly Boundary[];
  const played: Played[] = [];

  before(async function () {
    this.timeout(60_000);
    nats = await natsIfAny();
    const environment = nats === undefined ? {} : { NATS_URL: nats.url };
    worlds = await Worlds.start(count, { blockTimeMs: 100, environment });
    boundaries = [...(await listBoundaries(worlds.first, shapes)), ...startBoundaries(chained)];
  });

  after(async () => {
    await worlds?.stop();
    await nats?.stop();
  });

  it("comes by every kind of append, send and signature", () => {
    const calls = new Set(boundaries.map(({ call }) => call));
    const missing = [...always, ...sends, ...lane, ...others].filter((call) => !calls.has(call));
    assert.deepEqual(missing, []);
  });

  it("is replaced by another that goes on: no workflow ends otherwise than it would have", async () => {
    let plays: readonly KillPlay[] = briefKillPlays(boundaries);
    for (let round = 1; round <= tries && plays.length > 0; round += 1) {
      const results = await worlds.playAll(plays, playKills);
      played.push(...results);
      plays = results.filter(({ left }) => left.length > 0).map(({ play }) => play);
    }
    const unmet = plays.flatMap(({ traps }) => traps).filter(({ call }) => call !== notAlways);
    assert.deepEqual(unmet.map(trapName), [], "everybody was killed where they were to be");
    for (const { play, status, outcomes, error } of played) {
      const where = `${play.traps.map(trapName).join(", then ")}: ${error}`;
      assert.deepEqual([status, ...outcomes], [play.shape.status, ...play.shape.outcomes], where);
    }
  }).timeout(300_000);

  it("did nothing twice, lost nothing, and every record is true", async () => {
    assert.ok(worlds.kills >= 70, `${worlds.kills} kills`);
    assert.deepEqual(await worlds.check(), []);
  }).timeout(60_000);
});
