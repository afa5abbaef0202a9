import assert from "node:assert/strict";
import { defaultWalletSlots, exceededQuotaOf, readWalletSlots, WalletSlots } from "@outlayer/access";
import { Code, ConfigReader, type Environment, Refusal } from "@outlayer/kit";

const limits = { requests_in_flight: 2, long_polls: 1, event_streams: 1 };

/** What a refusal says. */
function refused(take: () => unknown) {
  try {
    take();
  } catch (error) {
    assert.ok(error instanceof Refusal);
    const exceeded = exceededQuotaOf(error);
    return [
      error.code,
      error.about.reason,
      exceeded?.standing.quota,
      exceeded?.standing.limit,
      exceeded?.retryAfterSecs,
    ];
  }
  return assert.fail("it was not refused");
}

describe("what a wallet may hold of a process at once", () => {
  it("is bounded by kind and by wallet, and refused by the quota's name", () => {
    const slots = new WalletSlots(limits);
    slots.take("a", "requests_in_flight");
    slots.take("a", "requests_in_flight");
    assert.deepEqual(
      refused(() => slots.take("a", "requests_in_flight")),
      [Code.ResourceExhausted, "QUOTA_EXCEEDED", "requests_in_flight", 2, 1],
    );
    slots.take("a", "long_polls");
    slots.take("b", "requests_in_flight");
    // Ids that would meet where they were put together.
    slots.take("a requests_in_flight", "event_streams");
    slots.take("a", "event_streams");
  });

  it("is given back once, however often that is said", () => {
    const slots = new WalletSlots(limits);
    const [first] = [slots.take("a", "requests_in_flight"), slots.take("a", "requests_in_flight")];
    first();
    first();
    slots.take("a", "requests_in_flight");
    assert.throws(() => slots.take("a", "requests_in_flight"), Refusal);
  });

  it("is given back when what held it has failed, or is refused itself", async () => {
    const slots = new WalletSlots(limits);
    for (let round = 0; round < 3; round += 1) {
      const failing = slots.during("a", "long_polls", () => Promise.reject(new Error("away")));
      await assert.rejects(
        slots.during("a", "long_polls", async () => {}),
        Refusal,
      );
      await assert.rejects(failing, /away/);
    }
    assert.equal(await slots.during("a", "long_polls", async () => "through"), "through");
  });

  it("is read from the environment, and a value that is none is named", () => {
    const reader = (environment: Environment) => new ConfigReader(environment);
    assert.deepEqual(readWalletSlots(reader({})), defaultWalletSlots);
    const given = { WALLET_REQUESTS_IN_FLIGHT: "1", WALLET_LONG_POLLS: "2", WALLET_EVENT_STREAMS: "100000" };
    assert.deepEqual(readWalletSlots(reader(given)), {
      requests_in_flight: 1,
      long_polls: 2,
      event_streams: 100_000,
    });
    for (const wrong of ["0", "-1", "1.5", "100001", "many"]) {
      const read = reader({ WALLET_LONG_POLLS: wrong });
      readWalletSlots(read);
      assert.throws(() => read.check(), /WALLET_LONG_POLLS must be an integer from 1 to 100000/);
    }
  });
});
