import assert from "node:assert/strict";
import { jetstreamManager } from "@nats-io/jetstream";
import type { ServiceName } from "@outlayer/kit";
import { type NewNats, needOwnNats, type OwnNats } from "@outlayer/test-servers";
import { type Follower, follow } from "../services/evidence/test/support/nats-evidence.ts";
import { eventsOf } from "./support/history.ts";
import { logged } from "./support/logged.ts";
import { masked } from "./support/parity.ts";
import { needServers } from "./support/shapes/servers.ts";
import { dust, transfer } from "./support/steps.ts";
import { internalToken, type System, withSystem } from "./support/system.ts";

const three = [dust, transfer("2000000000000000000"), dust];

/** What a run of the workflow says, without what differs from run to run: ids, hashes, heights, times. */
interface Account {
  readonly said: unknown;
  /** In order. */
  readonly events: readonly string[];
}

async function run(system: System): Promise<Account> {
  const { status, body } = await system.rest().execute(three);
  const said = {
    http: status,
    status: body.status,
    record: masked(body),
    // Masked, and all the same alike.
    fee: body.fees.gate_fee_yocto,
    ambiguous: Object.values<{ ambiguous: boolean }>(body.balance_views).map(({ ambiguous }) => ambiguous),
  };
  const all = await eventsOf(system, body.request_id);
  // In how many parts the submissions are seen depends on which blocks they got into.
  const events = all.filter((kind, index) => kind !== "submissions_accepted" || all[index - 1] !== kind);
  return { said, events };
}

/** The ids of server-sent events after one, to the stream's end. */
async function eventIds(system: System, requestId: string, lastEventId: string): Promise<readonly number[]> {
  const response = await fetch(`${system.product.restUrl}/wallet/v1/workflows/${requestId}/events`, {
    headers: { "x-wallet-id": "wallet-1", "x-internal-wallet-auth": internalToken, "last-event-id": lastEventId },
  });
  return [...(await response.text()).matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id));
}

const upTo = (version: number) => Array.from({ length: version }, (_, index) => index + 1);

describe("the product with NATS", () => {
  let newNats: NewNats;
  let server: OwnNats;
  let follower: Follower | undefined;
  let without: Account;
  const withNats = (test: (system: System) => Promise<void>) =>
    withSystem({ environment: { NATS_URL: server.url } }, test);

  before(async function () {
    newNats = await needOwnNats(this);
  });
  before(() =>
    withSystem({}, async (system) => {
      without = await run(system);
      assert.equal((without.said as { status: string }).status, "succeeded");
    }),
  );
  beforeEach(async () => {
    server = await newNats({ started: false });
  });
  afterEach(async () => {
    await follower?.close();
    follower = undefined;
    await server.remove();
  });

  it("writes the same record when NATS is away for the whole run, and tells of every event", () =>
    withNats(async (system) => {
      const { said, events } = await run(system);
      assert.deepEqual({ said, events }, { said: without.said, events: without.events });
      const requestId = await system.rest().begin(three);
      const told = await eventIds(system, requestId, "2");
      assert.deepEqual(told, upTo(told.at(-1) ?? 0).slice(2));
      assert.equal((await system.rest().record(requestId)).version, told.at(-1));
      for (const service of ["evidence", "broadcaster"] as const) {
        const readiness = await fetch(`${system.product.http[service]}/readyz`);
        assert.equal(readiness.status, 200);
        const { dependencies } = (await readiness.json()) as { dependencies: Record<string, string> };
        assert.equal(dependencies.nats, "away");
      }
    })).timeout(40_000);

  // Were NATS waited for, each of some thirteen events would take the five seconds of a publication: more than the test has.
  it("writes the same record, waiting for none of it, while NATS answers nothing", async () => {
    await server.start();
    await withNats(async (system) => {
      await logged(system, "NATS is connected");
      server.stall();
      const { said, events } = await run(system);
      server.resume();
      assert.deepEqual({ said, events }, { said: without.said, events: without.events });
    });
  }).timeout(40_000);

  it("has every version of a workflow in the stream once, though NATS was killed and started again under way", async () => {
    await server.start();
    await withNats(async (system) => {
      await logged(system, "NATS is connected");
      const requestId = await system.rest().begin(three);
      await system.rest().until(requestId, ({ status }) => status === "submitting" || status === "submitted");
      await server.kill();
      await system.rest().until(requestId, ({ status }) => status === "dispatching" || status === "succeeded");
      await server.start();
      const record = await system.rest().ended(requestId);
      assert.equal(record.status, "succeeded");
      follower = await follow(server.url);
      assert.deepEqual(await follower.versions(requestId), upTo(record.version));
      assert.equal(await follower.count(), record.version);
    });
  }).timeout(40_000);

  it("puts the trace of the request into every message, and nothing that was signed or is secret", async () => {
    await server.start();
    await withNats(async (system) => {
      await logged(system, "NATS is connected");
      const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
      const traceparent = `00-${traceId}-00f067aa0ba902b7-01`;
      const { body: record } = await system
        .rest()
        .post("/workflows/execute", { steps: three }, { traceparent, prefer: "wait=15" });
      assert.equal(record.status, "succeeded", record.message);
      const requestId = record.request_id;
      follower = await follow(server.url);
      const versions = await follower.versions(requestId);
      assert.deepEqual(versions, upTo(record.version));
      const { streams } = await jetstreamManager(follower.connection);
      const stored: string[] = [];
      for (let seq = 1; seq <= versions.length; seq += 1) {
        const message = await streams.getMessage("WALLET_PROGRESS", { seq });
        assert.match(message?.header.get("traceparent") ?? "", new RegExp(`^00-${traceId}-[0-9a-f]{16}-01$`));
        stored.push(`${message?.subject}${Buffer.from(message?.data ?? []).toString("latin1")}`);
      }
      const secrets = [
        ...record.signed_nep366_delegates,
        ...record.signed_nep413_payloads.map((payload: string) => JSON.parse(payload).signature),
        internalToken,
        system.devnet.relayer.secretKey,
        system.devnet.keystoreToken,
      ];
      assert.ok(secrets.length >= 9 && secrets.every((secret) => typeof secret === "string" && secret.length > 10));
      for (const secret of secrets) assert.ok(!stored.join("\n").includes(secret));
    });
  }).timeout(40_000);
});

describe("five processes with NATS", () => {
  before(function () {
    return needServers(this);
  });

  describe("of their own", () => {
    let server: OwnNats;
    before(async function () {
      server = await (await needOwnNats(this))();
    });
    after(() => server.remove());

    it("write the same record when it is killed for the whole run, and when they start without it", () =>
      withSystem({ shape: "distributed", environment: { NATS_URL: server.url } }, async (system) => {
        const isConnected = (service: ServiceName) => async () => (await natsOf(system, service)) === "ok";
        const isAway = (service: ServiceName) => async () => (await natsOf(system, service)) === "away";
        const both = ["evidence", "broadcaster"] as const;
        for (const service of both) await until(isConnected(service));
        const { said, events } = await run(system);
        assert.equal((said as { status: string }).status, "succeeded");

        await server.kill();
        for (const service of both) await until(isAway(service));
        const killed = await run(system);
        assert.deepEqual({ said: killed.said, events: killed.events }, { said, events });

        await system.restart();
        const startedWithout = await run(system);
        assert.deepEqual({ said: startedWithout.said, events: startedWithout.events }, { said, events });
        for (const service of both) assert.equal(await natsOf(system, service), "away");
      })).timeout(120_000);
  });

  /** What a service says of NATS; undefined while it is not ready itself. */
  async function natsOf(system: System, service: ServiceName): Promise<string | undefined> {
    const answer = await fetch(`${system.product.http[service]}/readyz`);
    if (answer.status !== 200) return undefined;
    return ((await answer.json()) as { dependencies: Record<string, string> }).dependencies.nats;
  }

  async function until(holds: () => Promise<boolean>): Promise<void> {
    while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 20));
  }
});
