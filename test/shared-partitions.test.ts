import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { needMongodb, needNats } from "@outlayer/test-servers";
import { directUserPartition, directUserPartitions } from "@outlayer/workflow";
import { gateTrace } from "./support/chain-dump.ts";
import { count, execute, keyOf, permission, scope } from "./support/direct-user.ts";
import { gateVariables } from "./support/gate-variables.ts";
import { answered, endedOrStuck, Patience } from "./support/patient-client.ts";
import { serviceToken } from "./support/product-environment.ts";
import { ServiceProcesses } from "./support/service-processes.ts";
import { setRegister } from "./support/steps.ts";

/** A partition as `ListPartitions` gives it out, in protobuf's JSON. */
interface Partition {
  readonly partition: string;
  readonly holderId?: string;
  readonly here?: boolean;
  readonly preferredHolderId?: string;
  readonly openWorkflows?: number;
  readonly sinceMs?: string;
  readonly oldestOpenedMs?: string;
}

interface Answer {
  readonly partitions: readonly Partition[];
  readonly holderId: string;
  readonly liveHolderIds?: readonly string[];
}

/** Enough for each partition to have one. */
const wallets = Array.from({ length: 100 }, (_, index) => `caller-${index}`);

const kinds = [
  { title: "on a file, without NATS", needsServers: false },
  { title: "on MongoDB, with NATS", needsServers: true },
];

for (const { title, needsServers } of kinds) {
  describe(`two broadcasters and three gates, ${title}`, () => {
    let processes: ServiceProcesses;
    let database: { readonly url: string; drop(): Promise<void> } | undefined;
    let posted = 0;
    const patience = new Patience();
    const requestIds: string[] = [];

    before(async function () {
      // Seven processes start, on a machine that may be busy.
      this.timeout(120_000);
      const servers: Record<string, string> = {};
      if (needsServers) {
        servers.NATS_URL = await needNats(this);
        database = (await needMongodb(this)).database();
        servers.DATABASE_URL = database.url;
      }
      processes = await ServiceProcesses.prepare({
        counts: { broadcaster: 2 },
        environment: { LEASE_SECS: "3", ...servers },
        environmentOf: (devnet, directory) => gateVariables(devnet.gates, directory),
        devnet: { blockTimeMs: 200, genesis: { gates: 3 } },
      });
      await processes.startAll();
    });
    after(async () => {
      await processes?.[Symbol.asyncDispose]();
      await database?.drop();
    });

    const gateIds = () => processes.devnet.gates.map(({ gateId }) => gateId);

    async function list(index: number): Promise<Answer> {
      const url = `${processes.httpUrl("broadcaster", index)}/outlayer.broadcaster.v1.BroadcasterService/ListPartitions`;
      const headers = {
        "content-type": "application/json",
        "x-service-token": serviceToken,
        "x-service-name": "planner",
      };
      const response = await fetch(url, { method: "POST", headers, body: "{}" });
      const body = (await response.json()) as Answer;
      assert.equal(response.status, 200, JSON.stringify(body));
      return body;
    }

    const partitions = async (index: number) => (await list(index)).partitions;

    /** As one of them says, once that is so. */
    async function until(index: number, isSo: (all: readonly Partition[]) => boolean): Promise<readonly Partition[]> {
      for (;;) {
        const all = await partitions(index);
        if (isSo(all)) return all;
        await sleep(50);
      }
    }

    async function isPresent(index: number): Promise<boolean> {
      const { holderId, liveHolderIds = [] } = await list(index);
      return liveHolderIds.includes(holderId);
    }

    const isWhereItBelongs = ({ holderId, preferredHolderId }: Partition) =>
      holderId !== undefined && holderId === preferredHolderId;
    const isOfUsers = ({ partition }: Partition) => partition.startsWith("direct_user:");
    /** Each has users' calls to drive: those of some wallets. */
    const areShared = (all: readonly Partition[]) => {
      const here = all.filter(isOfUsers).map((one) => one.here ?? false);
      return here.includes(true) && here.includes(false);
    };

    /**
     * Starts the second one until something belongs to it, and something does not: which, its id says, that each start makes anew.
     * @returns once each drives what belongs to it
     */
    async function startSecond(): Promise<void> {
      for (;;) {
        await processes.start("broadcaster", 1).ready();
        while (!(await isPresent(1))) await sleep(50);
        if (areShared(await until(1, (all) => all.every(isWhereItBelongs)))) return;
        await processes.running("broadcaster", 1).end();
      }
    }

    /** @returns the request id of a batch at a gate */
    async function post(gate_id: string): Promise<string> {
      posted += 1;
      const batch = { gate_id, idempotency_key: `call ${posted}`, calls: [setRegister(posted)] };
      const send = () => processes.rest.post("/sequential-batch", batch, { prefer: "wait=0" });
      const { body } = await answered(send, patience);
      requestIds.push(body.request_id);
      return body.request_id;
    }

    const postToEach = () => Promise.all(gateIds().map(post));

    /** At each gate a workflow is under way all the time, until that is done. */
    async function underLoad(run: () => Promise<void>): Promise<void> {
      let isOver = false;
      const load = gateIds().map(async (gateId) => {
        while (!isOver) await endedOrStuck(processes.rest, await post(gateId), patience);
      });
      try {
        await run();
      } finally {
        isOver = true;
        await Promise.all(load);
      }
    }

    /** Everything that was posted succeeds, and runs once. */
    async function allDispatchedOnce(): Promise<void> {
      for (const requestId of requestIds) {
        const record = await endedOrStuck(processes.rest, requestId, patience);
        assert.equal(record.status, "succeeded", record.user_visible_error);
      }
      const dispatched = gateIds().flatMap((gateId) =>
        gateTrace(processes.devnet, gateId).flatMap(({ ev, id }) =>
          ev === "intent_dispatched" ? `${gateId} ${id}` : [],
        ),
      );
      assert.deepEqual([dispatched.length, new Set(dispatched).size], [posted, posted]);
    }

    const handOvers = (index: number) =>
      processes
        .running("broadcaster", index)
        .lines.filter(({ msg }) => msg === "handing over to the broadcaster that the partition belongs to").length;

    it("share them, each driving what belongs to it", async () => {
      while (!(await isPresent(0)) || !(await isPresent(1))) await sleep(50);
      let all = await until(0, (all) => all.every(isWhereItBelongs));
      if (!areShared(all)) {
        await processes.running("broadcaster", 1).end();
        await startSecond();
        all = await partitions(0);
      }
      assert.deepEqual(
        all.map(({ partition }) => partition),
        [...gateIds().map((gateId) => `gate:${gateId}`), ...directUserPartitions],
      );
      const other = await partitions(1);
      for (const [index, { partition, here, holderId }] of all.entries()) {
        assert.deepEqual([other[index]?.partition, other[index]?.holderId], [partition, holderId]);
        assert.equal(other[index]?.here ?? false, !here);
      }
      await postToEach();
      await allDispatchedOnce();
    }).timeout(120_000);

    it("say what is open in each, and since when", async () => {
      const { blocks } = processes.devnet.controls;
      blocks.stop();
      await postToEach();
      const open = await partitions(0);
      blocks.go();
      for (const one of open) {
        const { partition, openWorkflows, oldestOpenedMs, sinceMs } = one;
        const isGate = !isOfUsers(one);
        assert.deepEqual([openWorkflows ?? 0, oldestOpenedMs !== undefined], [isGate ? 1 : 0, isGate], partition);
        assert.ok(Number(sinceMs) > 0);
      }
      await allDispatchedOnce();
    }).timeout(120_000);

    it("drive calls of two users at once, each the one of a wallet whose partition it has", async () => {
      const { blocks, accounts } = processes.devnet.controls;
      const ofUsers = (await partitions(0)).filter(isOfUsers);
      const callers = [true, false].map((isHere) => {
        const { partition, holderId } = ofUsers.find(({ here }) => (here ?? false) === isHere) as Partition;
        const walletId = wallets.find((id) => directUserPartition(id) === partition) ?? "";
        return { partition, holderId, rest: processes.restOf(0, walletId) };
      });
      for (const { rest } of callers) accounts.addKey(scope.user_id, await keyOf(rest), permission());
      blocks.mine({ blocks: 3 });
      // Without blocks no call ends: both are under way.
      blocks.stop();
      const ids = await Promise.all(
        callers.map(async ({ rest }) => (await execute(rest, {}, "beside another's", 0)).body.request_id as string),
      );
      for (const [index, { rest }] of callers.entries()) {
        await rest.until(ids[index] ?? "", ({ status }) => status === "submitting");
      }
      const open = (await partitions(0)).filter(({ openWorkflows }) => openWorkflows === 1);
      blocks.go();
      assert.deepEqual(
        new Set(open.map(({ partition, holderId }) => `${partition} ${holderId}`)),
        new Set(callers.map(({ partition, holderId }) => `${partition} ${holderId}`)),
      );
      assert.equal(new Set(open.map(({ holderId }) => holderId)).size, 2);
      for (const [index, { rest }] of callers.entries()) {
        const record = await endedOrStuck(rest, ids[index] ?? "", patience);
        assert.equal(record.status, "succeeded", record.user_visible_error);
      }
      assert.equal(await count(processes.devnet), 2);
    }).timeout(120_000);

    it("move to the other one when one is stopped under load, and back by hand-over once it is there again", async () => {
      await underLoad(async () => {
        assert.equal(await processes.running("broadcaster", 1).end("SIGTERM"), 0);
        await until(0, (all) => all.every(({ here }) => here));
        const before = handOvers(0);
        await startSecond();
        assert.ok(handOvers(0) > before);
      });
      await allDispatchedOnce();
    }).timeout(180_000);

    it("move to the other one when one is killed under load", async () => {
      await underLoad(async () => {
        assert.equal(await processes.running("broadcaster", 1).end("SIGKILL"), null);
        await until(0, (all) => all.every(({ here }) => here));
      });
      await allDispatchedOnce();
      await processes.endAll();
    }).timeout(180_000);
  });
}
