import assert from "node:assert/strict";
import { BroadcasterService } from "@outlayer/contracts/outlayer/broadcaster/v1/broadcaster";
import { LogService } from "@outlayer/contracts/outlayer/evidence/v1/log_service";
import { RecordService } from "@outlayer/contracts/outlayer/evidence/v1/record_service";
import { PlannerService } from "@outlayer/contracts/outlayer/planner/v1/planner";
import { SignerProxyService } from "@outlayer/contracts/outlayer/signer_proxy/v1/signer_proxy";
import { accessTo, methodName, type ServiceName, serviceNames } from "@outlayer/kit";
import { callers as ofBroadcaster } from "../services/broadcaster/src/callers.ts";
import { callers as ofEvidence } from "../services/evidence/src/callers.ts";
import { callers as ofPlanner } from "../services/planner/src/callers.ts";
import { callers as ofSignerProxy } from "../services/signer-proxy/src/callers.ts";
import { type System, serviceToken, startSystem } from "./support/system.ts";

const services = [
  { name: "planner", callers: ofPlanner, descriptors: [PlannerService] },
  { name: "signer-proxy", callers: ofSignerProxy, descriptors: [SignerProxyService] },
  { name: "broadcaster", callers: ofBroadcaster, descriptors: [BroadcasterService] },
  { name: "evidence", callers: ofEvidence, descriptors: [RecordService, LogService] },
] as const;

describe("who may call what", () => {
  let system: System;
  before(async () => {
    system = await startSystem();
  });
  after(() => system.stop());

  /** Calls with an empty request, as a service that shows the token. @returns whether it may not */
  async function isDenied(service: ServiceName, method: string, from: string | undefined, token = serviceToken) {
    const name = from === undefined ? {} : { "x-service-name": from };
    const response = await fetch(`${system.product.http[service]}/${method}`, {
      method: "POST",
      headers: { "content-type": "application/json", "x-service-token": token, ...name },
      body: "{}",
    });
    await response.body?.cancel();
    return response.status === 403;
  }

  for (const { name, callers, descriptors } of services) {
    for (const method of descriptors.flatMap(({ methods }) => methods)) {
      const full = methodName(method);
      it(`${full} answers whom it names and nobody else`, async () => {
        const accepted = accessTo(callers, full)?.accepted;
        assert.ok(accepted !== undefined, "every method has to be listed");
        if (accepted === "clients" || accepted === "anybody")
          return assert.equal(await isDenied(name, full, undefined), false);
        assert.ok(accepted.length > 0);
        for (const from of serviceNames) {
          assert.equal(await isDenied(name, full, from), !accepted.includes(from), from);
        }
        for (const from of [undefined, "", "nobody"]) assert.equal(await isDenied(name, full, from), true);
        for (const token of ["", "another token"]) {
          assert.equal(await isDenied(name, full, accepted[0], token), true);
        }
      });
    }
  }

  it("nobody but the broadcaster may have anything signed, and nobody but the planner may open a workflow", () => {
    const acceptedBy = (service: (typeof services)[number]["callers"], pattern: RegExp) =>
      Object.keys(service).flatMap((method) => (pattern.test(method) ? [accessTo(service, method)?.accepted] : []));
    const signing = acceptedBy(ofSignerProxy, /\/Sign/);
    assert.ok(signing.length > 0);
    for (const accepted of signing) assert.deepEqual(accepted, ["broadcaster"]);
    assert.deepEqual(acceptedBy(ofEvidence, /\/OpenWorkflow$/), [["planner"]]);
    const writing = acceptedBy(ofEvidence, /\/(Append|Reserve)/);
    assert.ok(writing.length > 0);
    for (const accepted of writing) assert.deepEqual(accepted, ["broadcaster"]);
  });

  it("a call that is not allowed leaves one line that names method and caller", async () => {
    const before = system.logs.length;
    await isDenied("signer-proxy", "outlayer.signer_proxy.v1.SignerProxyService/SignStep", "planner");
    const lines = system.logs.slice(before).map((line) => JSON.parse(line));
    assert.deepEqual(
      lines.filter(({ level }) => level === "warn").map(({ service, method, caller }) => [service, method, caller]),
      [["signer-proxy", "outlayer.signer_proxy.v1.SignerProxyService/SignStep", "planner"]],
    );
  });
});
