import assert from "node:assert/strict";
import { type OpenRequest, OpenRequests } from "../src/core/open-requests.ts";
import { accountOf, storedAccount } from "../src/core/quota-account.ts";
import { emptyAccount } from "../src/core/quotas.ts";

const request = (requestId: string, boundYocto = 5n): OpenRequest => {
  return { requestId, atMs: 7, boundYocto, chargedYocto: 0n };
};

describe("the open requests of an account", () => {
  it("are the same however they came together", () => {
    const added = OpenRequests.none.with(request("a")).with(request("b", 6n));
    const listed = OpenRequests.of([request("a"), request("b", 6n)]);
    for (const open of [added, listed]) {
      assert.deepEqual(open.all, [request("a"), request("b", 6n)]);
      assert.deepEqual([open.count, open.boundYocto, open.json], [2, 11n, listed.json]);
    }
    assert.deepEqual(added.get("b"), request("b", 6n));
  });

  it("know of no request that is only a part of another's text", () => {
    const open = OpenRequests.none.with(request('a","request_id":"b')).with(request("0"));
    for (const other of ["a", "b", "5", "7", "request_id", "", '0"']) {
      assert.deepEqual([open.has(other), open.get(other)], [false, undefined], other);
    }
    assert.ok(open.has("0"));
  });

  it("lose those that are taken out, and no others", () => {
    const open = OpenRequests.of(["a", "b", "c"].map((requestId) => request(requestId)));
    const left = open.without(["a", "c", "unknown"]);
    assert.deepEqual([left.all, left.count, left.boundYocto], [[request("b")], 1, 5n]);
    assert.deepEqual(left.without(["b"]).json, OpenRequests.none.json);
    assert.equal(open.without(["unknown"]), open);
  });

  it("are stored as programs of before read them", () => {
    const account = { ...emptyAccount, atMs: 9, auditedAtMs: 8, open: OpenRequests.none.with(request("a")) };
    const stored = storedAccount("wallet-1", "token", account);
    assert.equal(
      stored.accountJson,
      '{"at_ms":9,"audited_at_ms":8,"open":[{"at_ms":7,"bound_yocto":"5","charged_yocto":"0","request_id":"a"}],' +
        '"plans":{"count":0,"start_ms":0},"spent":{"start_ms":0,"yocto":"0"},"starts":{"count":0,"start_ms":0}}',
    );
    assert.deepEqual(accountOf(stored), account);
  });
});
