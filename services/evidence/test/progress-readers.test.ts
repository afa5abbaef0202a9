import assert from "node:assert/strict";
import { createLogger, natsServers, openMessaging, systemPorts } from "@outlayer/kit";
import { gatePartition, workSubject } from "@outlayer/workflow";
import { walletHeaders as headers, opening } from "./support/harness.ts";
import { appendAll, open } from "./support/nats-evidence.ts";
import { OnOwnNats, rest } from "./support/own-nats.ts";

describe("progress in NATS", () => {
  const suite = new OnOwnNats();
  const { evidence, follower, started } = suite;

  describe("readers", () => {
    /** Timers of which none fires: only news can wake who waits. */
    const never = { after: () => () => {} };

    it("of another process are woken by NATS", async () => {
      const [writer, reader] = [await evidence(), await evidence({ timers: never, silent: true })];
      await Promise.all([writer.logged(/connected/), reader.logged(/connected/)]);
      const requestId = await open(writer);
      const seen: number[] = [];
      const watched = (async () => {
        for await (const event of reader.records.watchProgress({ requestId, afterVersion: 1n }, { headers })) {
          seen.push(Number(event.version));
        }
      })();
      const held = reader.records.getRecord({ requestId, waitMs: 20_000, untilTerminal: true }, { headers });
      // Both have to be listening before the last word is said: nothing else would wake them.
      await listening(`wallet.news.${requestId}`);
      await appendAll([writer], requestId, 1, rest);
      await watched;
      assert.deepEqual(seen, [2, 3, 4, 5]);
      assert.equal((await held).status, "failed");
    });

    it("of another process get every event, later, when NATS is away", async () => {
      const [writer, reader] = [await evidence(), await evidence()];
      await Promise.all([writer.logged(/connected/), reader.logged(/connected/)]);
      await suite.server.kill();
      await Promise.all([writer.logged(/away/), reader.logged(/away/)]);
      const requestId = await open(writer);
      const seen: number[] = [];
      const watched = (async () => {
        for await (const event of reader.records.watchProgress({ requestId, afterVersion: 2n }, { headers })) {
          seen.push(Number(event.version));
        }
      })();
      await appendAll([writer], requestId, 1, rest);
      await watched;
      assert.deepEqual(seen, [3, 4, 5]);
    });

    it("a broadcaster in another process is told of a workflow that was opened", async () => {
      const writer = await evidence();
      const logger = createLogger("broadcaster", "silent");
      const config = { ...natsServers(suite.server.url), replicas: 1, maxAgeMs: 60_000 };
      const messaging = openMessaging(config, { name: "broadcaster", ports: systemPorts(), logger });
      started.push(messaging);
      const work = workSubject(gatePartition("gate.near"));
      const told = new Promise<string>((resolve) => {
        // What `listening` asks is empty.
        messaging.bus.subscribe(work, (data) => data.length > 0 && resolve(new TextDecoder().decode(data)));
      });
      await listening(work);
      await writer.logged(/connected/);
      const requestId = systemPorts().ids.uuid();
      await writer.logs.openWorkflow({ requestId, opened: opening(requestId) });
      assert.equal(await told, requestId);
    });

    /** Resolves once the server knows of a subscription: it says at once where nobody listens to a request. */
    async function listening(subject: string): Promise<void> {
      const { connection } = await follower();
      for (;;) {
        try {
          await connection.request(subject, new Uint8Array(), { timeout: 100 });
        } catch (error) {
          // Somebody listens, and does not answer.
          if (error instanceof Error && error.name === "TimeoutError") return;
        }
      }
    }
  });
});
