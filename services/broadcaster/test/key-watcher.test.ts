import assert from "node:assert/strict";
import { createLogger, Notifier } from "@outlayer/kit";
import { formatPublicKey, keyPairFromSeed } from "@outlayer/near";
import type { AccountKey, Block, DeletedKey } from "../src/core/ports/near-node.ts";
import { BlockUnknown, RpcRefused, RpcUnavailable, ViewFailed } from "../src/core/ports/near-node.ts";
import { type KeyNews, KeyWatcher } from "../src/shell/keys/key-watcher.ts";

const [first, second] = [1, 2].map((seed) => keyPairFromSeed(new Uint8Array(32).fill(seed)).publicKey) as [
  string,
  string,
];
const implicit = "423df0a6640e9467769c55a573f15b9ee999dc8970048959c72890abf5cc3a8e";
const implicitKey = formatPublicKey(Buffer.from(implicit, "hex"));
const full = (publicKey: string): AccountKey => ({ publicKey, permission: { kind: "full_access" } });
const blockAt = (height: number) => ({ height, hash: `b${height}`, timeMs: height }) as Block;
const tenMinutes = 600_000;

/** A chain of one state, whose blocks the test makes. */
class Chain {
  readonly changes = new Notifier();
  isCurrent = true;
  height = 100;
  /** The window's begin. */
  begin = 0;
  nowMs = 0;
  trouble: Error | undefined;
  /** Accounts that cannot be read. */
  readonly unreadable = new Map<string, Error>();
  readonly registered = new Map<string, readonly string[]>();
  readonly onNear = new Map<string, readonly AccountKey[]>();
  readonly deleted = new Map<number, readonly DeletedKey[]>();
  readonly readAt: string[] = [];
  readonly blocksRead: number[] = [];
  readonly logs: string[] = [];
  /** Accounts that signed in; undefined where they are not watched. */
  signedIn: readonly string[] | undefined;
  evidenceTrouble: Error | undefined;
  readonly news: KeyNews[] = [];

  get heads() {
    return { optimistic: blockAt(this.height + 2), final: blockAt(this.height) };
  }

  finalAbove(height: number): readonly Block[] | undefined {
    if (height + 1 < this.begin) return undefined;
    return Array.from({ length: this.height - height }, (_, index) => blockAt(height + 1 + index));
  }

  async view(_contract: string, _method: string, args: unknown, at: unknown) {
    const { account_id: accountId } = args as { account_id: string };
    const error = this.unreadable.get(accountId);
    if (error !== undefined) throw error;
    this.readAt.push(`${accountId} ${(at as Block).hash}`);
    return { value: this.registered.get(accountId) ?? [], height: (at as Block).height };
  }

  async accessKeysAt(accountId: string) {
    return this.onNear.get(accountId);
  }

  async deletedKeys(block: Block, accountIds: readonly string[]) {
    if (this.trouble !== undefined) throw this.trouble;
    this.blocksRead.push(block.height);
    return (this.deleted.get(block.height) ?? []).filter(({ accountId }) => accountIds.includes(accountId));
  }

  watcher(...accountIds: string[]): KeyWatcher {
    const logger = createLogger("test", "trace", { write: (line) => void this.logs.push(line) });
    return new KeyWatcher({
      accountIds,
      ...(this.signedIn === undefined ? {} : { signedIn: () => this.#whoSignedIn() }),
      verifierId: "intents.near",
      node: this as never,
      follower: this as never,
      clock: { now: () => this.nowMs },
      logger,
      tell: (news) => void this.news.push(news),
    });
  }

  async #whoSignedIn(): Promise<readonly string[]> {
    if (this.evidenceTrouble !== undefined) throw this.evidenceTrouble;
    return this.signedIn ?? [];
  }

  /** The news since last asked. */
  told(): readonly (readonly unknown[])[] {
    return this.news
      .splice(0)
      .map(({ accountId, publicKey, event, onNear, deletedAt, block }) => [
        accountId,
        publicKey,
        event,
        onNear,
        deletedAt,
        block.height,
      ]);
  }
}

describe("watching keys", () => {
  let chain: Chain;
  let watcher: KeyWatcher | undefined;

  beforeEach(() => {
    chain = new Chain();
    chain.registered.set("a.near", [first, second]);
    chain.onNear.set("a.near", [full(first), full(second)]);
  });
  afterEach(() => watcher?.stop());

  /** Lets the watcher look, until it waits again. */
  async function look(): Promise<void> {
    chain.changes.notify();
    for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  }

  async function start(...accountIds: string[]): Promise<void> {
    watcher = chain.watcher(...accountIds);
    watcher.start();
    await look();
  }

  it("tells at its start which keys are stale, and nothing of the others", async () => {
    chain.onNear.set("a.near", [full(second)]);
    await start("a.near");
    assert.deepEqual(chain.told(), [["a.near", first, "stale", "absent", undefined, 100]]);
    assert.equal(chain.logs.filter((line) => line.includes("full access control a watched account")).length, 1);
  });

  it("tells a deletion with the block that made it, once, and then that the key is removed", async () => {
    await start("a.near");
    assert.deepEqual(chain.told(), []);
    chain.onNear.set("a.near", [full(second)]);
    chain.deleted.set(102, [{ accountId: "a.near", publicKey: first }]);
    chain.height = 103;
    await look();
    assert.deepEqual(chain.told(), [["a.near", first, "stale", "absent", 102, 103]]);
    chain.deleted.set(105, [{ accountId: "a.near", publicKey: "ed25519:other" }]);
    chain.height = 105;
    await look();
    assert.deepEqual(chain.told(), []);
    chain.registered.set("a.near", [second]);
    chain.nowMs = tenMinutes;
    chain.height = 106;
    await look();
    assert.deepEqual(chain.told(), [["a.near", first, "resolved", undefined, 102, 106]]);
    assert.deepEqual(chain.blocksRead, [101, 102, 103, 104, 105, 106]);
  });

  it("tells every key of an account that was deleted, also when somebody else has made the account anew", async () => {
    await start("a.near");
    chain.onNear.delete("a.near");
    chain.deleted.set(
      101,
      [first, second].map((publicKey) => ({ accountId: "a.near", publicKey })),
    );
    chain.height = 101;
    await look();
    assert.deepEqual(
      chain.told().map(([, key, event, onNear]) => [key, event, onNear]),
      [
        [first, "stale", "absent"],
        [second, "stale", "absent"],
      ].sort(),
    );
    chain.onNear.set("a.near", [full("ed25519:somebody-elses")]);
    chain.nowMs = tenMinutes;
    await look();
    assert.equal(chain.told().length, 2);
  });

  it("tells a key of an implicit account only while NEAR has the account", async () => {
    chain.registered.set(implicit, [implicitKey]);
    await start(implicit);
    assert.deepEqual(chain.told(), []);
    chain.onNear.set(implicit, [full(second)]);
    chain.nowMs = tenMinutes;
    await look();
    assert.deepEqual(chain.told(), [[implicit, implicitKey, "stale", "absent", undefined, 100]]);
  });

  it("tells a stale key again after ten minutes, since an event may be lost, and logs it once", async () => {
    chain.onNear.set("a.near", [full(second)]);
    await start("a.near");
    chain.nowMs = tenMinutes - 1;
    await look();
    assert.equal(chain.told().length, 1);
    chain.nowMs = tenMinutes;
    await look();
    assert.equal(chain.told().length, 1);
    assert.equal(chain.logs.filter((line) => line.includes("control a watched account")).length, 1);
  });

  it("reads every account where blocks were missed", async () => {
    await start("a.near", "b.near");
    chain.readAt.length = 0;
    chain.onNear.set("a.near", [full(second)]);
    chain.height = 900;
    chain.begin = 800;
    await look();
    assert.deepEqual(chain.readAt, ["a.near b900", "b.near b900"]);
    assert.deepEqual(chain.told(), [["a.near", first, "stale", "absent", undefined, 900]]);
    chain.height = 901;
    await look();
    assert.deepEqual(chain.blocksRead, [901]);
  });

  it("goes on where it was after an outage", async () => {
    await start("a.near");
    chain.deleted.set(101, [{ accountId: "a.near", publicKey: first }]);
    chain.onNear.set("a.near", [full(second)]);
    chain.height = 101;
    for (const trouble of [new RpcUnavailable("away"), new BlockUnknown("lags behind")]) {
      chain.trouble = trouble;
      await look();
      assert.deepEqual(chain.told(), []);
    }
    chain.trouble = undefined;
    await look();
    assert.deepEqual(chain.told(), [["a.near", first, "stale", "absent", 101, 101]]);
    assert.equal(chain.logs.filter((line) => line.includes("cannot be read for now")).length, 1);
  });

  it("reads accounts from time to time where no endpoint tells changes", async () => {
    await start("a.near");
    chain.trouble = new RpcRefused("EXPERIMENTAL_changes", "METHOD_NOT_FOUND", "");
    chain.height = 101;
    await look();
    chain.onNear.set("a.near", [full(second)]);
    chain.nowMs = tenMinutes;
    await look();
    assert.deepEqual(chain.told(), [["a.near", first, "stale", "absent", undefined, 101]]);
    assert.equal(chain.logs.filter((line) => line.includes("no endpoint tells changes of keys")).length, 1);
  });

  it("lets no account that cannot be read hold up another", async () => {
    chain.unreadable.set("b.near", new ViewFailed("intents.near", "public_keys_of", "too large"));
    chain.onNear.set("a.near", [full(second)]);
    await start("b.near", "a.near");
    await look();
    assert.deepEqual(chain.told(), [["a.near", first, "stale", "absent", undefined, 100]]);
  });

  it("reads an account again that could not be read", async () => {
    chain.unreadable.set("a.near", new RpcUnavailable("away"));
    chain.onNear.set("a.near", [full(second)]);
    await start("a.near");
    assert.deepEqual(chain.told(), []);
    chain.unreadable.clear();
    await look();
    assert.equal(chain.told().length, 1);
  });

  it("says nothing by heads that are not current", async () => {
    chain.onNear.set("a.near", [full(second)]);
    chain.isCurrent = false;
    await start("a.near");
    assert.deepEqual([chain.told(), chain.readAt], [[], []]);
  });

  describe("of accounts that signed in", () => {
    const minute = 60_000;
    const deletion = (height: number) => {
      chain.deleted.set(height, [{ accountId: "a.near", publicKey: first }]);
      chain.onNear.set("a.near", [full(second)]);
      chain.height = height;
    };

    it("begins within a minute of the sign-in, by state, and goes on by blocks", async () => {
      chain.signedIn = [];
      await start();
      chain.onNear.set("a.near", [full(second)]);
      chain.signedIn = ["a.near"];
      await look();
      assert.deepEqual(chain.told(), []);
      chain.nowMs = minute;
      await look();
      assert.deepEqual(chain.told(), [["a.near", first, "stale", "absent", undefined, 100]]);
      chain.onNear.set("a.near", []);
      chain.deleted.set(101, [{ accountId: "a.near", publicKey: second }]);
      chain.height = 101;
      await look();
      assert.deepEqual(chain.told(), [["a.near", second, "stale", "absent", 101, 101]]);
    });

    it("goes on beside the accounts that the operator names", async () => {
      chain.signedIn = ["a.near"];
      await start("b.near");
      assert.deepEqual(chain.readAt.toSorted(), ["a.near b100", "b.near b100"]);
      deletion(101);
      await look();
      assert.deepEqual(chain.told(), [["a.near", first, "stale", "absent", 101, 101]]);
    });

    it("ends for who has not signed in for long, without a word, and begins anew", async () => {
      chain.signedIn = ["a.near"];
      chain.onNear.set("a.near", [full(second)]);
      await start();
      assert.equal(chain.told().length, 1);
      chain.signedIn = [];
      chain.nowMs = minute;
      await look();
      chain.deleted.set(101, [{ accountId: "a.near", publicKey: second }]);
      chain.height = 101;
      await look();
      assert.deepEqual([chain.told(), chain.blocksRead], [[], []]);
      chain.signedIn = ["a.near"];
      chain.nowMs = 2 * minute;
      await look();
      assert.equal(chain.told().length, 1);
    });

    it("goes on with those that are known while evidence is away, and says so once", async () => {
      chain.signedIn = ["a.near"];
      await start();
      chain.evidenceTrouble = new Error("away");
      for (const turn of [1, 2]) {
        chain.nowMs = turn * minute;
        await look();
      }
      deletion(101);
      await look();
      assert.deepEqual(chain.told(), [["a.near", first, "stale", "absent", 101, 101]]);
      assert.equal(chain.logs.filter((line) => line.includes("who signed in cannot be read")).length, 1);
    });
  });
});
