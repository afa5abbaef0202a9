import assert from "node:assert/strict";
import { create } from "@bufbuild/protobuf";
import {
  ReleaseLeaseRequestSchema,
  RenewLeaseRequestSchema,
} from "@outlayer/contracts/outlayer/evidence/v1/log_service";
import { isHeld, type Lease } from "../src/core/lease.ts";
import { releaseLease, renewLease } from "../src/rpc/leases.ts";

const [resource, holderId, nowMs] = ["gate:gate.near", "a", 1_000_000];
const lease = { resource, epoch: 1n };
const renewal = create(RenewLeaseRequestSchema, { lease, holderId, ttlMs: 15_000 });
const release = create(ReleaseLeaseRequestSchema, { lease, holderId });

describe("a renewal of a lease", () => {
  it("does not bring back what is given back while it is under way", async () => {
    let stored: Lease = { resource, holderId, epoch: 1, expiresAtMs: nowMs + 5000 };
    let meanwhile: (() => Promise<unknown>) | undefined;
    const store = {
      readLease: async () => stored,
      async replaceLease(before: Lease | undefined, after: Lease) {
        const first = meanwhile;
        meanwhile = undefined;
        await first?.();
        const isSame =
          isHeld(stored, before?.epoch ?? 0, before?.holderId) && stored.expiresAtMs === before?.expiresAtMs;
        if (isSame) stored = after;
        return isSame;
      },
    };
    const deps = { store, now: () => nowMs };
    meanwhile = () => renewLease(deps, renewal);
    await renewLease(deps, renewal);
    assert.equal(stored.expiresAtMs, nowMs + 15_000);
    meanwhile = () => releaseLease(deps, release);
    await assert.rejects(renewLease(deps, renewal), /not that of epoch 1 any more/);
    assert.equal(stored.expiresAtMs, nowMs);
  });
});
