import assert from "node:assert/strict";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { ErrorInfoSchema } from "@outlayer/contracts/google/rpc/error_details";
import { type GateStandingSchema, LogService } from "@outlayer/contracts/outlayer/evidence/v1/log_service";
import { createEvidence } from "@outlayer/evidence";
import { createLogger, InProcessBus, inMemoryTransport, systemPorts } from "@outlayer/kit";
import { directUserPartition, directUserPartitions } from "@outlayer/workflow";
import { bounds, type EvidenceUnderTest, leaseOf, opening, startEvidence, usageSecret } from "./support/harness.ts";
import { codeOf, taken } from "./support/log-events.ts";
import { onEveryStore } from "./support/places.ts";

onEveryStore("the log of workflows", (newPlace) => {
  let evidence: EvidenceUnderTest;

  beforeEach(async () => {
    evidence = await startEvidence(newPlace());
  });

  afterEach(() => evidence.stop());

  it("gives every nonce of a sender out once, above the clock and ascending", async () => {
    const before = BigInt(Date.now());
    const reserve = () => evidence.logs.reserveNonces({ senderId: "alice.near", count: 3 });
    const given = (await Promise.all(Array.from({ length: 16 }, reserve))).map(({ nonces }) => nonces);
    const all = given.flat();
    assert.equal(new Set(all).size, 48);
    assert.ok(all.every((nonce) => nonce >= before && nonce < 2n ** 53n));
    for (const [first = 0n, second, third] of given) assert.deepEqual([second, third], [first + 1n, first + 2n]);
  });

  it("delegate nonces never come twice, however often the service restarts (rule: delegate-nonce-comes-once)", async () => {
    const { nonces } = await evidence.logs.reserveNonces({ senderId: "alice.near", count: 12 });
    const again = createEvidence(
      {
        database: evidence.place.database,
        credentials: { internalTokens: ["t"], apiKeys: new Map() },
        ...bounds,
        usageSecret,
      },
      { ports: systemPorts(), bus: new InProcessBus(), logger: createLogger("evidence", "silent") },
    );
    const guards = { logger: createLogger("evidence", "silent"), serviceToken: undefined };
    const logs = createClient(LogService, inMemoryTransport(again.routes, guards, "broadcaster"));
    const later = await logs.reserveNonces({ senderId: "alice.near", count: 1 });
    assert.ok((later.nonces[0] ?? 0n) > (nonces.at(-1) ?? 0n));
    await again.close?.();
  });

  it("lets one of 32 writers append to a gate's log, and gives the lane back as it was written", async () => {
    const gateId = "gate.near";
    const lane = { members: [{ requestId: evidence.id(), walletId: "w", calls: 3, admittedHeight: 7n }] };
    const { lease } = evidence;
    const append = () => evidence.logs.appendGateLog({ gateId, expectedVersion: 0n, change: "admitted", lane, lease });
    const outcomes = await Promise.allSettled(Array.from({ length: 32 }, append));
    assert.equal(outcomes.filter(({ status }) => status === "fulfilled").length, 1);
    const log = await evidence.logs.getGateLog({ gateId });
    assert.equal(log.version, 1n);
    assert.equal(log.lane?.members[0]?.calls, 3);
    assert.equal((await evidence.logs.getGateLog({ gateId: "other.near" })).version, 0n);
  });

  it("lets nobody append whose lease was taken anew, or who has none", async () => {
    const requestId = await evidence.open("leased");
    const { lease, logs } = evidence;
    const event = { kind: taken };
    const lane = { members: [] };
    const attempts = {
      event: (given: object) => logs.appendEvent({ requestId, expectedVersion: 1n, event, ...given }),
      gate: (given: object) =>
        logs.appendGateLog({ gateId: "gate.near", expectedVersion: 0n, change: "x", lane, ...given }),
    };
    const taker = { resource: lease.resource, holderId: "another", ttlMs: 1000 };
    assert.equal((await logs.acquireLease(taker)).taken, false);
    await logs.releaseLease({ lease, holderId: "tests" });
    const { taken: isTaken, epoch } = await logs.acquireLease(taker);
    assert.deepEqual([isTaken, epoch], [true, lease.epoch + 1n]);
    for (const attempt of Object.values(attempts)) {
      assert.equal(await codeOf(attempt({})), Code.InvalidArgument);
      const refusal = ConnectError.from(await attempt({ lease }).catch((error: unknown) => error));
      assert.equal(refusal.code, Code.Aborted);
      assert.equal(refusal.findDetails(ErrorInfoSchema)[0]?.reason, "LEASE_LOST");
      assert.equal(await codeOf(attempt({ lease: { ...lease, epoch: epoch + 1n } })), Code.Aborted);
      assert.equal(await codeOf(attempt({ lease: { ...lease, resource: "gate:other.near" } })), Code.Aborted);
    }
    assert.equal(await codeOf(logs.renewLease({ lease, holderId: "tests", ttlMs: 1000 })), Code.Aborted);
    assert.equal((await logs.readEvents({ requestId })).events.length, 1);
    assert.equal((await logs.getGateLog({ gateId: "gate.near" })).version, 0n);
    const now = { resource: lease.resource, epoch };
    for (const attempt of Object.values(attempts)) assert.equal((await attempt({ lease: now })).version > 0n, true);
  });

  it("lets nobody write under the lease of another partition (rule: lease-is-for-its-partition)", async () => {
    const { logs } = evidence;
    const steps = [{ amounts: [{ token: "native", amount: "5" }] }];
    const opened = {
      "gate:gate.near": await evidence.open("of a log that names no gate"),
      "gate:second.near": await evidence.open("of a gate", { gateId: "second.near" }),
      [directUserPartition("wallet-1")]: await evidence.open("of a user", {
        endpoint: "direct_user_function_call",
        calls: [],
      }),
    };
    for (const [resource, requestId] of Object.entries(opened)) {
      // A presence is for no work at all, and all users' calls are no partition any more.
      for (const partition of [
        ...new Set([...Object.keys(opened), ...directUserPartitions]),
        "direct_user",
        "broadcaster:tests",
      ]) {
        const lease = await leaseOf(logs, partition);
        const about = { walletId: "wallet-1", requestId, lease };
        const { events } = await logs.readEvents({ requestId });
        const { seq: expectedSeq } = await logs.readUsage({ walletId: "wallet-1" });
        const attempts = [
          logs.appendEvent({ requestId, expectedVersion: BigInt(events.length), event: { kind: taken }, lease }),
          logs.reserveUsage({ ...about, expectedSeq, steps }),
          logs.releaseUsage({ ...about, steps: [0] }),
          logs.chargeOperator({ ...about, yocto: "1" }),
        ];
        for (const attempt of attempts) {
          const reason = await attempt.then(
            () => "taken",
            (error: unknown) => ConnectError.from(error).findDetails(ErrorInfoSchema)[0]?.reason,
          );
          assert.equal(reason, partition === resource ? "taken" : "LEASE_LOST", `${partition} for ${resource}`);
        }
      }
    }
    const { lease } = evidence;
    const second = { gateId: "second.near", expectedVersion: 0n, change: "x", lane: { members: [] }, lease };
    assert.equal(await codeOf(logs.appendGateLog(second)), Code.Aborted);
    const presence = await leaseOf(logs, "broadcaster:tests");
    assert.equal(await codeOf(logs.appendGateLog({ ...second, lease: presence })), Code.Aborted);
    assert.equal((await logs.getGateLog({ gateId: "second.near" })).version, 0n);
  });

  it("lists open workflows by partition, each with its own", async () => {
    const first = await evidence.open("of a log that names no gate");
    const second = await evidence.open("of a gate", { gateId: "second.near" });
    const user = await evidence.open("of a user", { endpoint: "direct_user_function_call", calls: [] });
    const list = async (partition: string) => {
      const { workflows } = await evidence.logs.listOpenWorkflows({ partition });
      return workflows.map((one) => [one.requestId, one.partition]);
    };
    const all = [
      [first, "gate:gate.near"],
      [second, "gate:second.near"],
      [user, directUserPartition("wallet-1")],
    ];
    for (const one of all) assert.deepEqual(await list(one[1] ?? ""), [one]);
    assert.deepEqual(await list(""), all);
    assert.deepEqual(await list("gate:third.near"), []);
    // Broadcasters of the version before ask so, and are to drive none of it.
    assert.deepEqual(await list("direct_user"), []);
    const { workflows } = await evidence.logs.listOpenWorkflows({
      partitions: all.slice(1).map(([, partition]) => String(partition)),
    });
    assert.deepEqual(
      workflows.map((one) => [one.requestId, one.partition]),
      all.slice(1),
    );
  });

  it("lists a workflow that names no gate by what the operator says now, whatever was said when it was written to", async () => {
    const requestId = await evidence.open("of a log that names no gate");
    await evidence.append(requestId, 1, taken);
    const service = createEvidence(
      {
        database: evidence.place.database,
        credentials: { internalTokens: ["t"], apiKeys: new Map() },
        ...bounds,
        firstGateId: "right.near",
        usageSecret,
      },
      { ports: systemPorts(), bus: new InProcessBus(), logger: createLogger("evidence", "silent") },
    );
    await service.start();
    try {
      const guards = { logger: createLogger("evidence", "silent"), serviceToken: undefined };
      const logs = createClient(LogService, inMemoryTransport(service.routes, guards, "broadcaster"));
      const list = async (partition: string) =>
        (await logs.listOpenWorkflows({ partition })).workflows.map((one) => [one.requestId, one.partition]);
      assert.deepEqual(await list("gate:right.near"), [[requestId, "gate:right.near"]]);
      assert.deepEqual(await list("gate:gate.near"), []);
    } finally {
      await service.stop();
      await service.close?.();
    }
  });

  it("only finds, where nothing new is to be recorded", async () => {
    const requestId = evidence.id();
    const opened = { ...opening("found"), gateId: "second.near" };
    const find = () => evidence.logs.openWorkflow({ requestId, opened, onlyFinds: true });
    assert.equal(await codeOf(find()), Code.NotFound);
    assert.equal(await codeOf(evidence.logs.readEvents({ requestId })), Code.NotFound);
    const { record } = await evidence.logs.openWorkflow({ requestId: evidence.id(), opened: opening("found") });
    const found = await find();
    assert.deepEqual([found.created, found.record?.requestId], [false, record?.requestId]);
  });

  it("keeps a lease for its holder until its time is over or it is given back", async () => {
    const { logs } = evidence;
    const resource = "gate:lease.near";
    const take = (holderId: string, ttlMs = 60_000) => logs.acquireLease({ resource, holderId, ttlMs });
    const [first, second] = [await take("a"), await take("b")];
    assert.deepEqual([first.taken, first.epoch, second.taken, second.epoch], [true, 1n, false, 1n]);
    assert.ok(second.remainingMs > 0 && second.remainingMs <= 60_000);
    // What a holder asks again, for want of an answer, it gets anew.
    assert.deepEqual([(await take("a", 100)).epoch, (await take("a", 100)).epoch], [2n, 3n]);
    await logs.renewLease({ lease: { resource, epoch: 3n }, holderId: "a", ttlMs: 100 });
    while (!(await take("b")).taken);
    // Late: it is another's by now, and stays so.
    await logs.releaseLease({ lease: { resource, epoch: 3n }, holderId: "a" });
    const third = await take("a");
    assert.deepEqual([third.taken, third.epoch], [false, 4n]);
  });

  it("renews a lease for each call of its holder: one may be made again while the one before is under way", async () => {
    const { logs } = evidence;
    const lease = { resource: "gate:lease.near", epoch: 1n };
    await logs.acquireLease({ resource: lease.resource, holderId: "a", ttlMs: 60_000 });
    const renew = (ttlMs: number) => logs.renewLease({ lease, holderId: "a", ttlMs });
    await Promise.all([1_000_000, 1_000_001, 1_000_002].map(renew));
    const { leases } = await logs.listLeases({});
    assert.ok(leases.some(({ resource, remainingMs }) => resource === lease.resource && remainingMs > 60_000));
  });

  it("lists the leases that are held: whose, under which epoch, since when, and for how long", async () => {
    const { logs } = evidence;
    const listed = async () => {
      const { leases, more } = await logs.listLeases({});
      assert.equal(more, false);
      // The tests' own are there from the start.
      return leases.filter(({ holderId }) => holderId !== "tests");
    };
    const [presence, gate] = ["broadcaster:b-1", "gate:lease.near"];
    const fromMs = Date.now();
    await logs.acquireLease({ resource: gate, holderId: "b-0", ttlMs: 60_000 });
    await logs.releaseLease({ lease: { resource: gate, epoch: 1n }, holderId: "b-0" });
    assert.deepEqual(await listed(), []);
    for (const resource of [gate, presence]) await logs.acquireLease({ resource, holderId: "b-1", ttlMs: 60_000 });
    const before = await listed();
    assert.deepEqual(
      before.map(({ resource, holderId, epoch }) => [resource, holderId, epoch]),
      [
        [presence, "b-1", 1n],
        [gate, "b-1", 2n],
      ],
    );
    for (const { sinceMs, remainingMs } of before) {
      assert.ok(Number(sinceMs) >= fromMs && Number(sinceMs) <= Date.now());
      assert.ok(remainingMs > 0 && remainingMs <= 60_000);
    }
    await logs.renewLease({ lease: { resource: presence, epoch: 1n }, holderId: "b-1", ttlMs: 3_600_000 });
    const after = await listed();
    assert.equal(after[0]?.sinceMs, before[0]?.sinceMs);
    assert.ok((after[0]?.remainingMs ?? 0) > 60_000);
  });

  it("lists what a holder said when it renewed its lease last, until another takes the lease", async () => {
    const { logs } = evidence;
    const resource = "gate:said.near";
    const take = (holderId: string) => logs.acquireLease({ resource, holderId, ttlMs: 60_000 });
    const renew = (standing?: MessageInitShape<typeof GateStandingSchema>) =>
      logs.renewLease({
        ...{ lease: { resource, epoch: 1n }, holderId: "a", ttlMs: 60_000 },
        ...(standing && { standing }),
      });
    const said = async () => {
      const { leases } = await logs.listLeases({});
      const { standing } = leases.find((lease) => lease.resource === resource) ?? {};
      return standing && [standing.stuck, standing.waitingWorkflows];
    };
    await take("a");
    assert.equal(await said(), undefined);
    await renew({ stuck: "balance_low", waitingWorkflows: 7 });
    assert.deepEqual(await said(), ["balance_low", 7]);
    await renew({});
    assert.deepEqual(await said(), ["", 0]);
    await renew({ stuck: "gate_stuck" });
    await assert.rejects(renew({ stuck: "x".repeat(65) }));
    assert.deepEqual(await said(), ["gate_stuck", 0]);
    await renew();
    assert.equal(await said(), undefined);
    await renew({ stuck: "gate_stuck" });
    await logs.releaseLease({ lease: { resource, epoch: 1n }, holderId: "a" });
    assert.equal((await take("b")).taken, true);
    assert.equal(await said(), undefined, "it was another's word");
    await assert.rejects(renew({ stuck: "gate_stuck" }));
    assert.equal(await said(), undefined);
  });

  it("says of a list of leases that it is not whole", async () => {
    const { logs } = evidence;
    const names = Array.from({ length: 1001 }, (_, index) => `broadcaster:${index}`);
    const acquire = (resource: string) => logs.acquireLease({ resource, holderId: "many", ttlMs: 600_000 });
    // A database takes no thousand calls at once.
    for (let from = 0; from < names.length; from += 50) await Promise.all(names.slice(from, from + 50).map(acquire));
    const { leases, more } = await logs.listLeases({});
    assert.deepEqual([leases.length, more], [1000, true]);
  });

  it("lets nobody write whose business it is not", async () => {
    const credentials = { internalTokens: ["internal"], apiKeys: new Map<string, string>() };
    const service = createEvidence(
      {
        database: evidence.place.database,
        credentials,
        ...bounds,
        usageSecret,
      },
      { ports: systemPorts(), bus: new InProcessBus(), logger: createLogger("evidence", "silent") },
    );
    const guards = { logger: createLogger("evidence", "silent"), serviceToken: undefined };
    for (const caller of [undefined, "gateway", "planner", "signer-proxy", "evidence"] as const) {
      const logs = createClient(LogService, inMemoryTransport(service.routes, guards, caller));
      assert.equal(await codeOf(logs.listOpenWorkflows({})), Code.PermissionDenied);
      // The planner chooses gates by it.
      if (caller !== "planner") assert.equal(await codeOf(logs.listLeases({})), Code.PermissionDenied);
    }
    await service.close?.();
  });
});
