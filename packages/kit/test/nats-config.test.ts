import assert from "node:assert/strict";
import { ConfigError, ConfigReader, type Environment, natsServers, readNatsConfig } from "@outlayer/kit";

function read(environment: Environment) {
  const reader = new ConfigReader(environment, () => "nats://token@in-a-file:4222\n");
  const config = readNatsConfig(reader);
  reader.check();
  return config;
}

describe("configuration of NATS", () => {
  it("is none without a URL, and a week's messages of one replica with it", () => {
    assert.equal(read({}), undefined);
    assert.deepEqual(read({ NATS_URL: "nats://one" }), {
      addresses: ["one:4222"],
      tls: false,
      credentials: {},
      replicas: 1,
      maxAgeMs: 604_800_000,
    });
    const { replicas, maxAgeMs } =
      read({ NATS_URL: "nats://one", NATS_REPLICAS: "3", NATS_MAX_AGE_SECS: "60" }) ?? assert.fail();
    assert.deepEqual([replicas, maxAgeMs], [3, 60_000]);
  });

  it("takes the URL from a file", () => {
    const { addresses, credentials } = read({ NATS_URL_FILE: "/run/nats" }) ?? assert.fail();
    assert.deepEqual([addresses, credentials], [["in-a-file:4222"], { token: "token" }]);
  });

  it("takes several servers of one cluster, and credentials apart from addresses", () => {
    assert.deepEqual(natsServers("tls://us%40er:p%2Css@one:4333, tls://us%40er:p%2Css@[::1]/"), {
      addresses: ["one:4333", "[::1]:4222"],
      tls: true,
      credentials: { user: "us@er", pass: "p,ss" },
    });
  });

  it("names everything that is wrong, and shows no value", () => {
    const wrong = { NATS_URL: "http://user:hunter2@one", NATS_REPLICAS: "0", NATS_MAX_AGE_SECS: "59" };
    assert.throws(
      () => read(wrong),
      (error) => {
        assert.ok(error instanceof ConfigError);
        assert.deepEqual(error.problems, [
          "NATS_URL must be nats:// or tls:// and a host and port",
          "NATS_REPLICAS must be an integer from 1 to 5",
          "NATS_MAX_AGE_SECS must be an integer from 60 to 315360000",
        ]);
        return true;
      },
    );
    for (const bad of [
      "one:4222",
      "nats://",
      "nats://one/path",
      "nats://one?x",
      "nats://one,,nats://two",
      "nats://a:b@one,nats://a:c@two",
      "nats://one,tls://two",
      "nats://a%zz@one",
    ]) {
      assert.throws(() => natsServers(bad), { name: "Malformed" }, bad);
    }
  });
});
