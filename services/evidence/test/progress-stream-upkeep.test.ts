import assert from "node:assert/strict";
import { create } from "@bufbuild/protobuf";
import { jetstreamManager, StorageType } from "@nats-io/jetstream";
import { ProgressEventSchema } from "@outlayer/contracts/outlayer/progress/v1/progress";
import { createLogger, NatsClient, natsServers, systemPorts } from "@outlayer/kit";
import { ProgressStream } from "../src/adapters/nats/progress-stream.ts";
import { walletHeaders as headers } from "./support/harness.ts";
import { complete, five, ids, OnOwnNats, streamIsThere } from "./support/own-nats.ts";

describe("progress in NATS", () => {
  const suite = new OnOwnNats();
  const { evidence, follower, started } = suite;

  describe("the stream", () => {
    const manager = async () => jetstreamManager((await follower()).connection);

    it("is made by several processes at once, on files, with the configured age and a duplicate window", async () => {
      const all = await Promise.all(Array.from({ length: 4 }, () => evidence()));
      const late = await follower();
      await streamIsThere(late);
      for (const one of all) assert.deepEqual(await late.versions(await complete(one)), five);
      const { config } = await (await manager()).streams.info("WALLET_PROGRESS");
      assert.deepEqual(
        [config.subjects, config.storage, config.retention, config.num_replicas, config.max_age],
        [["wallet.progress.>"], "file", "limits", 1, 3_600_000 * 1e6],
      );
      assert.equal(config.duplicate_window, 120_000 * 1e6);
      const complaints = all.flatMap(({ lines }) => lines.filter(({ level }) => !["debug", "info"].includes(level)));
      assert.deepEqual(complaints, []);
    });

    it("is brought to a new configuration, and keeps what an operator has set beside it", async () => {
      const first = await evidence({ maxAgeMs: 60_000 });
      const late = await follower();
      await streamIsThere(late);
      await late.versions(await complete(first));
      const { streams } = await manager();
      await streams.update("WALLET_PROGRESS", { max_bytes: 1_000_000, description: "an operator's" });
      const second = await evidence({ maxAgeMs: 7_200_000 });
      await late.versions(await complete(second));
      const { config } = await streams.info("WALLET_PROGRESS");
      assert.deepEqual(
        [config.max_age, config.duplicate_window, config.max_bytes, config.description],
        [7_200_000 * 1e6, 120_000 * 1e6, 1_000_000, "an operator's"],
      );
    });

    it("takes a version only right after the one before it, once, whoever publishes it", async () => {
      const [one, other] = [await streamOf(), await streamOf()];
      const requestId = ids.uuid();
      const version = (number: bigint) => create(ProgressEventSchema, { requestId, version: number });
      const none = await one.last(requestId);
      const first = await one.publish(version(1n), none);
      assert.ok(first);
      assert.equal(await other.publish(version(2n), none), undefined);
      assert.deepEqual(await other.last(requestId), first);
      const second = await other.publish(version(2n), first);
      assert.ok(second);
      assert.equal(await one.publish(version(3n), first), undefined);
      assert.equal(await one.publish(version(1n), none), undefined);
      const writers = Array.from({ length: 32 }, (_, index) => [one, other][index % 2]?.publish(version(3n), second));
      const winners = (await Promise.all(writers)).filter((position) => position !== undefined);
      assert.deepEqual(winners, [await one.last(requestId)]);
      assert.equal(winners[0]?.version, 3);
      assert.equal(await (await follower()).count(), 3);
    });

    async function streamOf(): Promise<ProgressStream> {
      const logger = createLogger("evidence", "silent");
      const config = { ...natsServers(suite.server.url), replicas: 1, maxAgeMs: 60_000 };
      const nats = new NatsClient(config, { name: "evidence", ports: systemPorts(), logger });
      started.push(nats);
      const stream = new ProgressStream(nats);
      await new Promise<void>((resolve) => stream.onConnect(resolve));
      await stream.makeReady();
      return stream;
    }

    it("is made again when somebody deleted it under way", async () => {
      const one = await evidence();
      const late = await follower();
      await streamIsThere(late);
      await late.versions(await complete(one));
      await (await manager()).streams.delete("WALLET_PROGRESS");
      const requestId = await complete(one);
      const line = await one.logged(/not published/);
      assert.deepEqual([line.request_id, line.wallet_id], [requestId, "wallet-1"]);
      await one.logged(/published again/);
      assert.deepEqual(await late.versions(requestId), five);
    }).timeout(40_000);

    it("that differs in what cannot be changed is named once in the log, and the service goes on", async () => {
      const { streams } = await manager();
      const subjects = ["wallet.progress.>"];
      await streams.add({ name: "WALLET_PROGRESS", subjects, storage: StorageType.Memory });
      const one = await evidence();
      const { level, err } = await one.logged(/not published/);
      assert.equal(level, "error");
      assert.match(
        err?.message ?? "",
        /^stream WALLET_PROGRESS cannot be used: its storage is "memory" and not "file", which cannot be changed$/,
      );
      const requestId = await complete(one);
      assert.equal((await one.records.getRecord({ requestId }, { headers })).status, "failed");
      // As soon as an operator has removed it, everything that was missed is there.
      await streams.delete("WALLET_PROGRESS");
      await one.logged(/published again/);
      assert.deepEqual(await (await follower()).versions(requestId), five);
      assert.equal(one.lines.filter((line) => line.level === "error").length, 1);
    });
  });
});
