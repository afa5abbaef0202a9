import assert from "node:assert/strict";
import { create } from "@bufbuild/protobuf";
import { ReservationSchema } from "@outlayer/contracts/outlayer/workflow/v1/policy";
import type { Terms } from "../src/core/workflow/state.ts";
import { Grants } from "../src/shell/policy/check-policy.ts";

const allowed = {
  kind: "allowed",
  grants: ["first", "second"],
  reservation: create(ReservationSchema, { seq: 3n }),
  steps: [],
  termsDigest: "",
} as const;

describe("grants and the terms that they are for", () => {
  /** Terms that differ each time, by how often some were chosen. */
  const choosing = () => {
    let times = 0;
    return async (): Promise<readonly Terms[]> => [{ delegateNonce: BigInt(++times) } as Terms];
  };
  const nonceOf = ([terms]: readonly Terms[]) => terms?.delegateNonce;

  it("are for the same terms for 20 blocks: signing that goes on signs the same bytes", async () => {
    const grants = new Grants();
    const choose = choosing();
    assert.equal(grants.areOld(1_000), false, "there are none");
    assert.equal(nonceOf(await grants.termsOf(100, choose)), 1n);
    grants.keep(allowed, 0);
    assert.equal(grants.areOld(119), false);
    assert.equal(nonceOf(await grants.termsOf(119, choose)), 1n);
    assert.deepEqual(grants.of(1, 0), { grant: "second", reservation: allowed.reservation });
  });

  it("end with their terms: nothing is signed on new terms by what was granted for the old ones", async () => {
    const grants = new Grants();
    const choose = choosing();
    await grants.termsOf(100, choose);
    grants.keep(allowed, 0);
    assert.equal(grants.areOld(120), true);
    assert.equal(nonceOf(await grants.termsOf(120, choose)), 2n);
    assert.equal(grants.of(0, 0), undefined);
    assert.equal(grants.areOld(120), false);
  });

  it("know which terms evidence may count while no log names them, until these are written or replaced", async () => {
    const grants = new Grants();
    const choose = choosing();
    await grants.termsOf(100, choose);
    assert.equal(grants.unwritten, undefined, "evidence was not asked to count them");
    grants.noteCounting();
    assert.equal(nonceOf(grants.unwritten ?? []), 1n);
    await grants.termsOf(101, choose);
    assert.equal(nonceOf(grants.unwritten ?? []), 1n);
    await grants.termsOf(120, choose);
    assert.equal(grants.unwritten, undefined, "nobody counts the new ones");
    grants.noteCounting();
    grants.forgetTerms();
    assert.equal(grants.unwritten, undefined, "the log names them");
  });

  it("are for other terms once the old ones are in the log, however fresh these are", async () => {
    const grants = new Grants();
    const choose = choosing();
    await grants.termsOf(100, choose);
    grants.noteCounting();
    grants.forgetTerms();
    assert.equal(nonceOf(await grants.termsOf(100, choose)), 2n);
    assert.equal(grants.unwritten, undefined);
  });

  it("are as good as they are by this host's clock, whatever signer-proxy's says", () => {
    const grants = new Grants();
    grants.keep(allowed, 400_000);
    assert.equal(grants.of(0, 400_000)?.grant, "first");
    assert.equal(grants.of(0, 455_000), undefined);
  });

  it("are not used so shortly before they expire that signing might end after that", () => {
    const grants = new Grants();
    grants.keep(allowed, 0);
    assert.equal(grants.of(0, 54_999)?.grant, "first");
    assert.equal(grants.of(0, 55_000), undefined);
  });
});
