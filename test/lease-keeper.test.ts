import assert from "node:assert/strict";
import { Code, ConnectError, createRouterTransport, type Transport } from "@connectrpc/connect";
import { defaultWalletSlots } from "@outlayer/access";
import { createEvidence, defaultRules } from "@outlayer/evidence";
import { createLogger, InProcessBus, inMemoryTransport, type Service, systemPorts } from "@outlayer/kit";
import { type VirtualTime, virtualTime } from "../packages/kit/test/support/virtual-time.ts";
import { EvidenceClient } from "../services/broadcaster/src/adapters/evidence/evidence-client.ts";
import type { HeldLease } from "../services/broadcaster/src/core/ports/evidence-log.ts";
import { LeaseKeeper } from "../services/broadcaster/src/shell/term/lease-keeper.ts";
import { usageSecret } from "./support/product-environment.ts";

const ttlMs = 15_000;
const renewMs = 5000;
const resource = "gate:gate.near";

/** Lets everything run that needs no clock. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

interface Broadcaster {
  readonly keeper: LeaseKeeper;
  /** Epochs of the terms that were begun, and of those that were ended. */
  readonly begun: bigint[];
  readonly ended: bigint[];
  /** Its own clock: it stands still, with all timers, while the process does. */
  readonly time: VirtualTime;
  isCutOff: boolean;
  /** What is under way of its term when it is told to stop. */
  underWay: Promise<void> | undefined;
}

describe("the keeper of a lease", () => {
  let evidence: Service;
  let bus: InProcessBus;
  let evidenceTime: VirtualTime;
  let broadcasters: Broadcaster[];

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
  });
  afterEach(async () => {
    await Promise.all(
      broadcasters.map(async (each) => {
        const stopped = each.keeper.stop();
        for (let turn = 0; turn < 20; turn += 1) {
          await settled();
          each.time.advance(renewMs);
        }
        await stopped;
      }),
    );
    await evidence.close?.();
  });

  async function start(name: string): Promise<Broadcaster> {
    const time = virtualTime(evidenceTime.clock.now());
    const guards = { logger: createLogger("evidence", "silent"), serviceToken: undefined };
    const inner = inMemoryTransport(evidence.routes, guards, "broadcaster");
    const away = createRouterTransport(() => {});
    const transport: Transport = {
      unary(...call) {
        return broadcaster.isCutOff ? Promise.reject(new ConnectError("away", Code.Unavailable)) : inner.unary(...call);
      },
      stream: away.stream,
    };
    const begun: bigint[] = [];
    const ended: bigint[] = [];
    const ports = { ...systemPorts(), clock: time.clock, timers: time.timers };
    const logger = createLogger("broadcaster", "silent");
    const deps = { evidence: new EvidenceClient(transport), ports, logger, bus, resource, holderId: name, ttlMs };
    const begin = ({ epoch }: HeldLease) => {
      begun.push(epoch);
      return {
        async stop() {
          await broadcaster.underWay;
          ended.push(epoch);
        },
      };
    };
    const keeper = new LeaseKeeper(deps, begin);
    const broadcaster: Broadcaster = { keeper, begun, ended, time, isCutOff: false, underWay: undefined };
    broadcasters.push(broadcaster);
    broadcaster.keeper.start();
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

  it("drives alone for as long as it renews, while others stand by", async () => {
    const [a, b] = [await start("a"), await start("b")];
    await pass(10 * ttlMs, a, b);
    assert.deepEqual([a.begun, a.ended, b.begun], [[1n], [], []]);
    assert.deepEqual([a.keeper.epoch, b.keeper.epoch], [1n, undefined]);
  });

  it("hands over at once when it is stopped", async () => {
    const [a, b] = [await start("a"), await start("b")];
    await a.keeper.stop();
    await settled();
    assert.deepEqual([a.ended, b.begun], [[1n], [2n]]);
  });

  it("keeps its lease while it is stopped for as long as something of its term is under way", async () => {
    const [a, b] = [await start("a"), await start("b")];
    const underWay = Promise.withResolvers<void>();
    a.underWay = underWay.promise;
    const stopped = a.keeper.stop();
    await pass(3 * ttlMs, a, b);
    assert.deepEqual([a.ended, b.begun], [[], []]);
    underWay.resolve();
    await pass(300, a, b);
    await stopped;
    assert.deepEqual([a.ended, b.begun], [[1n], [2n]]);
  });

  it("hands over also where the word of it is lost, in a third of a lease", async () => {
    const a = await start("a");
    const lost = bus.publish.bind(bus);
    bus.publish = () => {};
    const b = await start("b");
    await a.keeper.stop();
    await pass(ttlMs / 3 + 100, b);
    assert.deepEqual(b.begun, [2n]);
    bus.publish = lost;
  });

  it("is followed within one lease when it dies", async () => {
    const [a, b] = [await start("a"), await start("b")];
    await pass(renewMs - 100, a, b);
    a.isCutOff = true;
    await pass(ttlMs - renewMs, b);
    assert.deepEqual(b.begun, [], "not before its time is over");
    await pass(renewMs, b);
    assert.deepEqual(b.begun, [2n]);
  });

  it("ends its term by itself before another can begin, when evidence does not answer", async () => {
    const [a, b] = [await start("a"), await start("b")];
    a.isCutOff = true;
    await pass(ttlMs - 100, a, b);
    assert.deepEqual(b.begun, []);
    await pass(100, a);
    assert.deepEqual(a.ended, [1n]);
    await pass(300, a, b);
    assert.deepEqual(b.begun, [2n]);
    a.isCutOff = false;
    await pass(2 * ttlMs, a, b);
    assert.deepEqual([a.begun, b.ended], [[1n], []]);
  });

  it("ends its term as soon as it goes on after standing still for too long", async () => {
    const [a, b] = [await start("a"), await start("b")];
    await pass(ttlMs + 300, b);
    assert.deepEqual([a.ended, b.begun], [[], [2n]]);
    await pass(renewMs, a, b);
    assert.deepEqual([a.ended, a.begun, b.ended], [[1n], [1n], []]);
  });

  it("keeps its lease over answers that get lost", async () => {
    const [a, b] = [await start("a"), await start("b")];
    for (let round = 0; round < 5; round += 1) {
      a.isCutOff = true;
      await pass(ttlMs / 2, a, b);
      a.isCutOff = false;
      await pass(ttlMs, a, b);
    }
    assert.deepEqual([a.ended, b.begun], [[], []]);
  });
});
