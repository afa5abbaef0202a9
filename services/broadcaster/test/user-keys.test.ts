import assert from "node:assert/strict";
import { UserKeys } from "../src/shell/direct-user/user-keys.ts";
import { UnreadLogs } from "../src/shell/log/unread-logs.ts";

describe("who uses a user's key", () => {
  it("is one at a time, until it is released", () => {
    const keys = new UserKeys({ areAllRead: true });
    assert.deepEqual([keys.take("key", "a"), keys.take("key", "a"), keys.take("key", "b")], [true, true, false]);
    assert.equal(keys.take("other key", "b"), true);
    keys.release("a");
    assert.equal(keys.take("key", "b"), true);
  });

  it("has its allowance back some blocks after a call is over", () => {
    const keys = new UserKeys({ areAllRead: true });
    assert.equal(keys.awaitsRefund("key", 100), false);
    keys.take("key", "a");
    keys.release("a", 100);
    assert.deepEqual([keys.awaitsRefund("key", 109), keys.awaitsRefund("key", 110)], [true, false]);
    keys.take("key", "b");
    keys.release("b");
    assert.equal(keys.awaitsRefund("key", 110), false, "nothing was called");
  });

  it("is nobody new before what an earlier term has left is read", () => {
    const unread = new UnreadLogs();
    const keys = new UserKeys(unread);
    assert.equal(keys.take("key", "b"), false, "it is not known yet what there is to read");
    unread.expect(["a", "of the gate"]);
    assert.equal(keys.take("key", "b"), false);
    unread.noteRead("of the gate");
    assert.equal(keys.take("key", "b"), false);
    keys.hold("key", "a");
    unread.noteRead("a");
    assert.deepEqual([keys.take("key", "b"), keys.take("key", "a")], [false, true]);
    assert.equal(keys.take("other key", "b"), true);
  });
});
