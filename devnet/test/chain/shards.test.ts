import assert from "node:assert/strict";
import { describe, it } from "mocha";
import type { Chain, ChainOptions } from "../../src/chain/chain.ts";
import { ShardLayout } from "../../src/chain/shards.ts";
import { chainWithGate, resumeBatch, submitIntent, traceEvents } from "./gate-support.ts";
import { chainWith, mine, outcomes, settle, submit, transferAction, unkind } from "./support.ts";

const people = ["alice.near", "bob.near", "carol.near", "dave.near", "erin.near", "frank.near"];

/** A chain on which these accounts are all on different shards. */
function apart(accounts: readonly string[]): Pick<ChainOptions, "shards" | "seed"> {
  for (let seed = 0; ; seed += 1) {
    const layout = new ShardLayout(5, `${seed}`);
    if (new Set(accounts.map((id) => layout.of(id))).size === accounts.length) return { shards: 5, seed: `${seed}` };
  }
}

/** Three intents resumed as a chain, and the gate's events in their blocks from the first one on. */
function gateRun(options: Partial<ChainOptions>) {
  const chain = chainWithGate(options);
  const submissions = ["0", "1", "2"].map((_, index) =>
    submitIntent(chain, { nonce: BigInt(index + 1), value: index }),
  );
  settle(chain);
  const resume = resumeBatch(chain, ["0", "1", "2"]);
  settle(chain);
  const events = traceEvents(chain, [...submissions, resume]);
  const [first] = events;
  return { chain, blocks: events.map(({ ev, block }) => `${ev} +${block - (first?.block ?? 0)}`) };
}

/** Blocks from a transaction's own to that of its receipt. */
function hopsOf(chain: Chain, hash: string): bigint {
  const [conversion, receipt] = outcomes(chain, hash);
  return (receipt?.height ?? 0n) - (conversion?.height ?? 0n);
}

describe("shards", () => {
  it("scatter accounts by the seed, the same for good, over one shard to nine", () => {
    const layout = new ShardLayout(6, "seed");
    const names = Array.from({ length: 600 }, (_, index) => `account-${index}.near`);
    for (const shard of layout.shards) {
      const there = names.filter((id) => layout.of(id) === shard).length;
      assert.ok(there > 50 && there < 150, `${there} on shard ${shard}`);
    }
    assert.deepEqual(
      names.map((id) => new ShardLayout(6, "seed").of(id)),
      names.map((id) => layout.of(id)),
    );
    assert.notDeepEqual(
      names.map((id) => new ShardLayout(6, "other").of(id)),
      names.map((id) => layout.of(id)),
    );
    for (const count of [0, 10, 1.5]) assert.throws(() => new ShardLayout(count, ""), RangeError);
  });

  it("run a chain at the gate in the blocks of one shard, as the real node did on five", () => {
    const all = ["gate.near", "approver.near", "relayer.near", "register.near"];
    const five = gateRun(apart(all));
    assert.equal(new Set(all.map((id) => five.chain.layout.of(id))).size, 4);
    assert.deepEqual(five.blocks, gateRun({}).blocks);
  });

  it("have chunks of their own, each with its signers' transactions and its receivers' receipts", () => {
    const chain = chainWith(people, apart(["alice.near", "bob.near"]));
    const hash = submit(chain, "alice.near", "bob.near", [transferAction(1n)]);
    const included = chain.mine();
    const ran = chain.mine();
    const shardsWith = (block: typeof ran, field: "transactions" | "incoming") =>
      block.chunks.filter((chunk) => chunk[field].length > 0).map(({ shard }) => shard);
    assert.deepEqual(
      included.transactions.map((one) => one.hash),
      [hash],
    );
    assert.deepEqual(shardsWith(included, "transactions"), [chain.layout.of("alice.near")]);
    assert.deepEqual(shardsWith(ran, "incoming"), [chain.layout.of("bob.near")]);
    assert.equal(new Set(ran.chunks.map((chunk) => chunk.hash)).size, 5);
  });

  it("miss their chunks one by one: what is for such a shard waits, and nothing else does", () => {
    const chain = chainWith(people, apart(["alice.near", "bob.near", "carol.near"]));
    const [bob, carol] = ["bob.near", "carol.near"].map((id) => chain.layout.of(id));
    const [late, fine] = ["bob.near", "carol.near"].map((id) => submit(chain, "alice.near", id, [transferAction(1n)]));
    chain.mine();
    const own = submit(chain, "bob.near", "alice.near", [transferAction(1n)]);
    const before = chain.head.chunks[bob ?? 0];
    for (let missed = 0; missed < 2; missed += 1) {
      const block = chain.mine({ missing: [bob ?? 0] });
      assert.deepEqual(block.chunks[bob ?? 0], before);
      assert.equal(block.chunks[carol ?? 0]?.height, block.height);
    }
    const lastMissed = chain.head.height;
    assert.equal(chain.view().state().transaction(own), undefined);
    settle(chain);
    assert.equal(hopsOf(chain, fine ?? ""), 1n);
    assert.equal(hopsOf(chain, late ?? ""), 3n);
    assert.equal(chain.view().state().transaction(own)?.height, lastMissed + 1n);
  });

  it("miss them by the weather too", () => {
    const chain = chainWith(people, { ...apart(["alice.near"]), ...unkind({ missedChunk: 0.25 }) });
    mine(chain, 400);
    const counts = chain.layout.shards.map(
      (shard) =>
        chain
          .view()
          .blocksFrom(0n)
          .filter(({ missing }) => missing.includes(shard)).length,
    );
    for (const count of counts) assert.ok(count > 60 && count < 140, `${count} of 400`);
  });
});

describe("late receipts", () => {
  const weather = unkind({ lateHop: 0.5 });

  it("come up to ten blocks late, the same ones for the same seed, and none where the weather is calm", () => {
    const hops = (options: Partial<ChainOptions>) => {
      const chain = chainWith(people, { shards: 3, seed: "late", ...options });
      const hashes: string[] = [];
      for (let round = 0; round < 30; round += 1) {
        hashes.push(submit(chain, people[round % 6] ?? "", people[(round + 1) % 6] ?? "", [transferAction(1n)]));
        mine(chain, 15);
      }
      settle(chain);
      return hashes.map((hash) => Number(hopsOf(chain, hash)));
    };
    const late = hops(weather);
    assert.deepEqual(hops(weather), late);
    assert.ok(
      late.every((blocks) => blocks >= 1 && blocks <= 11),
      late.join(),
    );
    assert.ok(late.some((blocks) => blocks === 1) && late.some((blocks) => blocks > 5), late.join());
    assert.notDeepEqual(hops(unkind({ lateHop: 0.5, seed: "another" })), late);
    assert.deepEqual(new Set(hops(unkind({ lateHop: 0 }))), new Set([1]));
  });

  it("are late on one shard as well, and overtake none from the same shard to the same shard", () => {
    for (const shards of [1, 4]) {
      const chain = chainWith(people, { shards, seed: "order", ...weather });
      const sent: { hash: string; link: string }[] = [];
      for (let round = 0; round < 60; round += 1) {
        const [signer, receiver] = [people[round % 6] ?? "", people[(round * 5 + 1) % 6] ?? ""];
        const link = `${chain.layout.of(signer)} ${chain.layout.of(receiver)}`;
        sent.push({ hash: submit(chain, signer, receiver, [transferAction(1n)]), link });
        chain.mine();
      }
      settle(chain);
      const latest = new Map<string, bigint>();
      let late = 0;
      for (const { hash, link } of sent) {
        const height = outcomes(chain, hash)[1]?.height ?? 0n;
        assert.ok(height >= (latest.get(link) ?? 0n), `${link} at ${height}`);
        latest.set(link, height);
        if (hopsOf(chain, hash) > 1n) late += 1;
      }
      assert.ok(late > 10, `${late} of ${sent.length}`);
    }
  });

  it("slow a chain at the gate down and lose nothing of it", () => {
    const { blocks } = gateRun({ shards: 6, seed: "gate", ...unkind({ lateHop: 0.3, missedChunk: 0.1 }) });
    const names = blocks.map((event) => event.split(" ")[0]);
    assert.equal(names.filter((name) => name === "intent_dispatched").length, 3);
    assert.equal(names.filter((name) => name === "chain_continued").length, 2);
    assert.notDeepEqual(blocks, gateRun({}).blocks);
  });
});
