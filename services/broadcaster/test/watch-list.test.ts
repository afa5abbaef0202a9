import assert from "node:assert/strict";
import { ConfigError, ConfigReader } from "@outlayer/kit";
import { readBroadcasterConfig } from "../src/config.ts";

const watchedBy = (value: string | undefined) =>
  readBroadcasterConfig(new ConfigReader({ WATCH_KEYS_OF: value })).watched;

function problemsOf(value: string): readonly string[] {
  const reader = new ConfigReader({ WATCH_KEYS_OF: value });
  readBroadcasterConfig(reader);
  try {
    reader.check();
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.filter((problem) => problem.startsWith("WATCH_KEYS_OF"));
    throw error;
  }
  return [];
}

describe("WATCH_KEYS_OF", () => {
  it("is off by default", () => assert.equal(watchedBy(undefined), undefined));

  it("names accounts, each once", () => {
    assert.deepEqual(watchedBy("a.near, b.near,a.near"), { accountIds: ["a.near", "b.near"], mostSignedIn: 0 });
  });

  it("may name those that signed in, which fill up the thousand", () => {
    assert.deepEqual(watchedBy("@signed-in"), { accountIds: [], mostSignedIn: 1000 });
    assert.deepEqual(watchedBy("a.near,@signed-in"), { accountIds: ["a.near"], mostSignedIn: 999 });
  });

  it("names at most a thousand, and nothing else", () => {
    const many = Array.from({ length: 1001 }, (_, index) => `a${index}.near`).join();
    assert.deepEqual(problemsOf(many), ["WATCH_KEYS_OF must name at most 1000 accounts"]);
    assert.deepEqual(problemsOf("@everybody"), ["WATCH_KEYS_OF must be a NEAR account id"]);
    assert.deepEqual(problemsOf("a.near,@signed"), ["WATCH_KEYS_OF (entry 2) must be a NEAR account id"]);
  });
});
