import assert from "node:assert/strict";
import { Code, ConnectError, createRouterTransport, type Transport } from "@connectrpc/connect";
import { defaultWalletSlots } from "@outlayer/access";
import { createEvidence, defaultRules } from "@outlayer/evidence";
import { createLogger, InProcessBus, inMemoryTransport, type Service, sleep, systemPorts } from "@outlayer/kit";
import { type VirtualTime, virtualTime } from "../packages/kit/test/support/virtual-time.ts";
import { EvidenceClient } from "../services/broadcaster/src/adapters/evidence/evidence-client.ts";
import type { GateStanding, HeldLease } from "../services/broadcaster/src/core/ports/evidence-log.ts";
import { preferredHolder } from "../services/broadcaster/src/core/term/overview.ts";
import { shareTimes } from "../services/broadcaster/src/core/term/share.ts";
import { HandOvers } from "../services/broadcaster/src/shell/term/hand-overs.ts";
import { LeaseKeeper } from "../services/broadcaster/src/shell/term/lease-keeper.ts";
import { Presence } from "../services/broadcaster/src/shell/term/presence.ts";
import { usageSecret } from "./support/product-environment.ts";

const ttlMs = 15_000;
const renewMs = 5000;
const resource = "gate:gate.near";
/** Jitter is for crowds: without it times are exact. */
const times = shareTimes(ttlMs, (ms) => ms);
/** As jitter has them for the one that waits the least. */
const shortTimes = shareTimes(ttlMs, (ms) => ms / 2);

/** Names of broadcasters in the order in which these partitions belong to them: all to the first one while it is alive. */
function ranked(...partitions: readonly string[]): readonly [string, string] {
  const names = Array.from({ length: 64 }, (_, index) => `b-${index}`);
  for (const second of names) {
    const first = names.find((one) => partitions.every((each) => preferredHolder(each, [one, second]) === one));
    if (first !== undefined && first !== second) return [first, second];
  }
  throw new Error("no two of them");
}

/** The partition belongs to the first one while that is alive, wherever a test does not say otherwise. */
const [first, second] = ranked(resource);

/** Lets everything run that needs no clock. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

interface Broadcaster {
  /** Of its first partition. */
  readonly keeper: LeaseKeeper;
  readonly keepers: readonly LeaseKeeper[];
  /** Epochs of the first partition's terms that were begun, and of those that were ended. */
  readonly begun: bigint[];
  readonly ended: bigint[];
  /** Its own clock: it stands still, with all timers, while the process does. */
  readonly time: VirtualTime;
  isCutOff: boolean;
  /** Names of methods that do not answer it. */
  readonly unanswered: Set<string>;
  /** Milliseconds until the answers of methods arrive. */
  readonly delays: Map<string, number>;
  /** What is under way of its terms when they are told to stop, by partition. */
  readonly underWay: Map<string, Promise<void>>;
  /** What its terms say of their gates, by partition. */
  readonly standings: Map<string, GateStanding>;
  stop(): Promise<void>;
}

describe("the keeper of a lease", () => {
  let evidence: Service;
  let bus: InProcessBus;
  let evidenceTime: VirtualTime;
  let broadcasters: Broadcaster[];
  /** What terms did, in order. */
  let told: string[];

  beforeEach(async () => {
    bus = new InProcessBus();
    evidenceTime = virtualTime(0);
    const ports = { ...systemPorts(), clock: evidenceTime.clock };
    const credentials = { internalTokens: ["t"], apiKeys: new Map<string, string>() };
    evidence = createEvidence(
      {
        database: { kind: "sqlite", path: ":memory:" },
        credentials,
        quotas: defaultRules,
        slots: defaultWalletSlots,
        firstGateId: "gate.near",
        usageSecret,
      },
      { ports, bus, logger: createLogger("evidence", "silent") },
    );
    await evidence.start();
    broadcasters = [];
    told = [];
  });
  afterEach(async () => {
    await Promise.all(
      broadcasters.map(async (each) => {
        const stopped = each.stop();
        for (let turn = 0; turn < 20; turn += 1) {
          await settled();
          each.time.advance(renewMs);
        }
        await stopped;
      }),
    );
    await evidence.close?.();
  });

  /** @param partitions that it serves */
  async function start(name: string, partitions: readonly string[] = [resource], waits = times): Promise<Broadcaster> {
    const time = virtualTime(evidenceTime.clock.now());
    const guards = { logger: createLogger("evidence", "silent"), serviceToken: undefined };
    const inner = inMemoryTransport(evidence.routes, guards, "broadcaster");
    const unanswered = new Set<string>();
    const delays = new Map<string, number>();
    const away = createRouterTransport(() => {});
    const transport: Transport = {
      async unary(...call) {
        const [{ name }] = call;
        if (broadcaster.isCutOff || unanswered.has(name)) throw new ConnectError("away", Code.Unavailable);
        const answer = await inner.unary(...call);
        const delayMs = delays.get(name);
        if (delayMs !== undefined) await sleep(time.timers, delayMs);
        return answer;
      },
      stream: away.stream,
    };
    const ports = { ...systemPorts(), clock: time.clock, timers: time.timers };
    const client = new EvidenceClient(transport);
    const deps = { evidence: client, ports, logger: createLogger("broadcaster", "silent"), bus, ttlMs };
    const presence = new Presence({ ...deps, holderId: name, freshMs: waits.freshMs });
    const handOvers = new HandOvers((partition) => told.push(`${name} hands ${partition} over`));
    const [begun, ended]: [bigint[], bigint[]] = [[], []];
    const underWay = new Map<string, Promise<void>>();
    const standings = new Map<string, GateStanding>();
    const keepers = partitions.map((partition, index) => {
      const begin = ({ epoch }: HeldLease) => {
        told.push(`${name} drives ${partition}`);
        if (index === 0) begun.push(epoch);
        return {
          get standing() {
            return standings.get(partition);
          },
          async stop() {
            await underWay.get(partition);
            told.push(`${name} stopped ${partition}`);
            if (index === 0) ended.push(epoch);
          },
        };
      };
      return new LeaseKeeper({ ...deps, resource: partition, times: waits, presence, handOvers }, begin);
    });
    const [keeper] = keepers;
    if (keeper === undefined) throw new Error("it serves nothing");
    const stop = async () => void (await Promise.all([presence, ...keepers].map((one) => one.stop())));
    const broadcaster: Broadcaster = {
      ...{ keeper, keepers, begun, ended, time, unanswered, delays, underWay, standings, stop },
      isCutOff: false,
    };
    broadcasters.push(broadcaster);
    presence.start();
    for (const one of keepers) one.start();
    await settled();
    return broadcaster;
  }

  /** Time passes for evidence and for these; a process that is not among them stands still. */
  async function pass(ms: number, ...running: Broadcaster[]): Promise<void> {
    const step = 100;
    for (let passed = 0; passed < ms; passed += step) {
      evidenceTime.advance(step);
      for (const { time } of running) time.advance(step);
      await settled();
    }
  }

  const drives = (name: string, partition = resource) => `${name} drives ${partition}`;
  const stopped = (name: string, partition = resource) => `${name} stopped ${partition}`;
  const handsOver = (name: string, partition = resource) => `${name} hands ${partition} over`;

  it("drives alone for as long as it renews, while others stand by", async () => {
    const [a, b] = [await start(first), await start(second)];
    await pass(10 * ttlMs, a, b);
    assert.deepEqual([a.begun, a.ended, b.begun], [[1n], [], []]);
    assert.deepEqual([a.keeper.epoch, b.keeper.epoch], [1n, undefined]);
  });

  it("renews also where little of its lease is left when it is stopped", async () => {
    const [a, b] = [await start(first), await start(second)];
    const underWay = Promise.withResolvers<void>();
    a.underWay.set(resource, underWay.promise);
    a.unanswered.add("RenewLease");
    await pass(ttlMs - 1000, a, b);
    const ended = a.stop();
    a.unanswered.clear();
    await pass(ttlMs, a, b);
    assert.deepEqual(told, [drives(first)]);
    underWay.resolve();
    await settled();
    await ended;
    assert.deepEqual(told, [drives(first), stopped(first), drives(second)]);
  });

  it("renews at once what was given to it late", async () => {
    const a = await start(first);
    a.unanswered.add("RenewLease");
    a.delays.set("AcquireLease", ttlMs - 2000);
    await pass(ttlMs + 300, a);
    a.unanswered.clear();
    await pass(10 * ttlMs, a);
    assert.deepEqual(told, [drives(first), stopped(first), drives(first)]);
  });

  it("hands over at once when it is stopped", async () => {
    const [a, b] = [await start(first), await start(second)];
    await a.stop();
    await settled();
    assert.deepEqual([a.ended, b.begun], [[1n], [2n]]);
  });

  it("keeps its lease while it is stopped for as long as something of its term is under way", async () => {
    const [a, b] = [await start(first), await start(second)];
    const underWay = Promise.withResolvers<void>();
    a.underWay.set(resource, underWay.promise);
    const stopped = a.stop();
    await pass(3 * ttlMs, a, b);
    assert.deepEqual([a.ended, b.begun], [[], []]);
    underWay.resolve();
    await pass(300, a, b);
    await stopped;
    assert.deepEqual([a.ended, b.begun], [[1n], [2n]]);
  });

  it("hands over also where the word of it is lost, in a third of a lease", async () => {
    const a = await start(first);
    const lost = bus.publish.bind(bus);
    bus.publish = () => {};
    const b = await start(second);
    await a.stop();
    await pass(ttlMs / 3 + 100, b);
    assert.deepEqual(b.begun, [2n]);
    bus.publish = lost;
  });

  it("is followed within one lease when it dies", async () => {
    const [a, b] = [await start(first), await start(second)];
    await pass(renewMs - 100, a, b);
    a.isCutOff = true;
    await pass(ttlMs - renewMs, b);
    assert.deepEqual(b.begun, [], "not before its time is over");
    await pass(renewMs, b);
    assert.deepEqual(b.begun, [2n]);
  });

  it("ends its term by itself before another can begin, when evidence does not answer", async () => {
    const [a, b] = [await start(first), await start(second)];
    a.isCutOff = true;
    await pass(ttlMs - 100, a, b);
    assert.deepEqual(b.begun, []);
    await pass(100, a);
    assert.deepEqual(a.ended, [1n]);
    await pass(300, a, b);
    assert.deepEqual(b.begun, [2n]);
    a.isCutOff = false;
    await pass(2 * ttlMs, a, b);
    // Back, it gets what belongs to it once it has been there for a while, and not by asking first.
    assert.deepEqual([a.begun, b.ended], [[1n, 3n], [2n]]);
  });

  it("ends its term as soon as it goes on after standing still for too long", async () => {
    const [a, b] = [await start(first), await start(second)];
    await pass(ttlMs + 300, b);
    assert.deepEqual([a.ended, b.begun], [[], [2n]]);
    await pass(renewMs, a, b);
    assert.deepEqual([a.ended, a.begun, b.ended], [[1n], [1n], []]);
  });

  it("leaves a partition to the others whose term it cannot end", async () => {
    const b = await start(second);
    const failed = Promise.reject(new Error("it cannot"));
    failed.catch(() => {});
    b.underWay.set(resource, failed);
    const a = await start(first);
    await pass(2 * ttlMs, a, b);
    assert.deepEqual([a.keeper.epoch, b.keeper.epoch], [2n, undefined]);
    b.underWay.clear();
    await a.stop();
    await pass(ttlMs, b);
    assert.equal(b.keeper.epoch, 3n);
  });

  it("keeps its lease over answers that get lost", async () => {
    const [a, b] = [await start(first), await start(second)];
    for (let round = 0; round < 5; round += 1) {
      a.isCutOff = true;
      await pass(ttlMs / 2, a, b);
      a.isCutOff = false;
      await pass(ttlMs, a, b);
    }
    assert.deepEqual([a.ended, b.begun], [[], []]);
  });

  it("tells with each renewal how its gate is by then, and goes on telling while it hands over", async () => {
    const transport = inMemoryTransport(
      evidence.routes,
      { logger: createLogger("evidence", "silent"), serviceToken: undefined },
      "broadcaster",
    );
    const said = async () => {
      const leases = await new EvidenceClient(transport).listLeases();
      const { standing } = leases.find((lease) => lease.resource === resource) ?? {};
      return standing && [standing.stuck, standing.waitingWorkflows];
    };
    const a = await start(first);
    await pass(renewMs, a);
    assert.equal(await said(), undefined);
    a.standings.set(resource, { stuck: "balance_low", waitingWorkflows: 2 });
    await pass(renewMs - 100, a);
    assert.equal(await said(), undefined, "it is told with a renewal");
    await pass(100, a);
    assert.deepEqual(await said(), ["balance_low", 2]);
    const underWay = Promise.withResolvers<void>();
    a.underWay.set(resource, underWay.promise);
    const stopped = a.stop();
    a.standings.set(resource, { stuck: "", waitingWorkflows: 1 });
    await pass(renewMs + 200, a);
    assert.deepEqual(await said(), ["", 1]);
    underWay.resolve();
    await stopped;
    assert.equal(await said(), undefined);
  });

  it("hands a partition over to the broadcaster that it belongs to, once that one has been there for a while", async () => {
    const b = await start(second);
    const a = await start(first);
    await pass(times.steadyMs - 300, a, b);
    assert.deepEqual(told, [drives(second)]);
    await pass(600, a, b);
    assert.deepEqual(told, [drives(second), handsOver(second), stopped(second), drives(first)]);
    await pass(10 * ttlMs, a, b);
    assert.equal(told.length, 4, "and that is that");
  });

  it("hands nothing over before its term has stopped, and renews the lease until then (rule: lease-outlives-its-term)", async () => {
    const b = await start(second);
    const underWay = Promise.withResolvers<void>();
    b.underWay.set(resource, underWay.promise);
    const a = await start(first);
    await pass(4 * ttlMs, a, b);
    assert.deepEqual(told, [drives(second), handsOver(second)]);
    assert.deepEqual([a.keeper.epoch, b.keeper.epoch], [undefined, 1n]);
    underWay.resolve();
    await settled();
    assert.deepEqual(told.slice(2), [stopped(second), drives(first)]);
  });

  it("hands over one partition at a time, and the next once the one before is driven again", async () => {
    const gates = ["gate:1.near", "gate:2.near", "gate:3.near"];
    const [first, second] = ranked(...gates);
    const b = await start(second, gates);
    const underWay = gates.map(() => Promise.withResolvers<void>());
    for (const [index, gate] of gates.entries()) b.underWay.set(gate, underWay[index]?.promise ?? Promise.resolve());
    const a = await start(first, gates);
    await pass(ttlMs, a, b);
    const begun = () => told.filter((line) => line.includes("over"));
    assert.equal(begun().length, 1);
    // It cannot ask for what it is given.
    a.unanswered.add("AcquireLease");
    for (const { resolve } of underWay) resolve();
    await pass(ttlMs / 2, a, b);
    assert.equal(begun().length, 1, "what nobody drives is one partition");
    a.unanswered.clear();
    await pass(ttlMs, a, b);
    assert.deepEqual(begun().length, 3);
    for (const [index, line] of begun().entries()) {
      const before = begun()[index - 1]?.replace(`${second} hands `, "").replace(" over", "");
      if (before !== undefined) assert.ok(told.indexOf(line) > told.indexOf(drives(first, before)));
    }
    assert.ok(a.keepers.every(({ epoch }) => epoch === 2n));
  });

  it("holds on alone to a partition whose term does not stop: it renews the others, and hands them over after a while", async () => {
    const gates = ["gate:1.near", "gate:2.near"];
    const [first, second] = ranked(...gates);
    const b = await start(second, gates);
    const stuck = Promise.withResolvers<void>();
    for (const gate of gates) b.underWay.set(gate, stuck.promise);
    const a = await start(first, gates);
    await pass(times.steadyMs + ttlMs, a, b);
    const handed = told.flatMap((line) => gates.filter((gate) => line === handsOver(second, gate)));
    assert.equal(handed.length, 1);
    const [other = ""] = gates.filter((gate) => gate !== handed[0]);
    b.underWay.delete(other);
    await pass(times.handOverMs - ttlMs - 1000, a, b);
    assert.ok(!told.includes(drives(first, other)) && b.keepers.every(({ epoch }) => epoch === 1n));
    await pass(3000, a, b);
    assert.ok(told.includes(drives(first, other)));
    assert.ok(!told.includes(drives(first, handed[0])));
    stuck.resolve();
    await settled();
    assert.ok(told.includes(drives(first, handed[0])));
  });

  it("hands nothing over as long as it does not know who is alive", async () => {
    const b = await start(second);
    b.unanswered.add("ListLeases");
    const a = await start(first);
    await pass(10 * ttlMs, a, b);
    assert.deepEqual(told, [drives(second)]);
    b.unanswered.clear();
    await pass(2 * times.steadyMs, a, b);
    assert.deepEqual(told.slice(1), [handsOver(second), stopped(second), drives(first)]);
  });

  it("takes back what the other one does not take, and hands that to it no more", async () => {
    const b = await start(second);
    // It serves another gate.
    const a = await start(first, ["gate:other.near"]);
    const ofGate = () => told.filter((line) => line.includes(resource));
    await pass(times.steadyMs + 300, a, b);
    assert.deepEqual(ofGate(), [drives(second), handsOver(second), stopped(second)]);
    await pass(times.graceMs + 300, a, b);
    assert.deepEqual(ofGate().slice(3), [drives(second)]);
    await pass(10 * ttlMs, a, b);
    assert.equal(ofGate().length, 4);
  });

  it("hands back what it took after an outage of evidence: the other one could take nothing either", async () => {
    const a = await start(first);
    const b = await start(second, [resource], shortTimes);
    await pass(2 * ttlMs, a, b);
    a.isCutOff = true;
    b.isCutOff = true;
    await pass(3 * ttlMs, a, b);
    // The first one is seen again before the second one takes the partition.
    a.unanswered.add("AcquireLease");
    a.isCutOff = false;
    await pass(1000, a);
    b.isCutOff = false;
    await pass(1000, a, b);
    a.unanswered.clear();
    await pass(2 * ttlMs, a, b);
    const back = [drives(second), handsOver(second), stopped(second), drives(first)];
    assert.deepEqual(told, [drives(first), stopped(first), ...back]);
  });

  it("takes what is free after the grace where evidence lists no leases, as one of the version before", async () => {
    const a = await start(first);
    a.unanswered.add("ListLeases");
    a.isCutOff = true;
    const b = await start(second);
    b.unanswered.add("ListLeases");
    await pass(ttlMs + 300, a, b);
    a.isCutOff = false;
    assert.deepEqual([a.ended, b.begun], [[1n], []]);
    await pass(3 * ttlMs, b);
    assert.deepEqual(b.begun, [2n]);
  });

  it("leaves to a broadcaster of the version before what that one holds, and takes it when it is free", async () => {
    const guards = { logger: createLogger("evidence", "silent"), serviceToken: undefined };
    const old = new EvidenceClient(inMemoryTransport(evidence.routes, guards, "broadcaster"));
    const taken = await old.acquireLease(resource, "of before", 3 * ttlMs);
    assert.deepEqual(taken, { kind: "taken", epoch: 1n });
    const [a, b] = [await start(first), await start(second)];
    await pass(3 * ttlMs - 300, a, b);
    assert.deepEqual(told, []);
    await pass(600, a, b);
    assert.deepEqual(told, [drives(first)]);
  });

  it("is driven again at once when the one that drives is stopped in the middle of handing it over", async () => {
    const b = await start(second);
    const underWay = Promise.withResolvers<void>();
    b.underWay.set(resource, underWay.promise);
    const a = await start(first);
    await pass(times.steadyMs + 300, a, b);
    const ended = b.stop();
    await pass(ttlMs, a, b);
    assert.deepEqual(told, [drives(second), handsOver(second)]);
    underWay.resolve();
    await ended;
    await settled();
    assert.deepEqual(told.slice(2), [stopped(second), drives(first)]);
  });
});
