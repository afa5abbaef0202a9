import { gzipSync } from "node:zlib";
import type { DescMethod } from "@bufbuild/protobuf";
import { BroadcasterService } from "@outlayer/contracts/outlayer/broadcaster/v1/broadcaster";
import { LogService } from "@outlayer/contracts/outlayer/evidence/v1/log_service";
import { RecordService } from "@outlayer/contracts/outlayer/evidence/v1/record_service";
import { SessionService } from "@outlayer/contracts/outlayer/evidence/v1/session_service";
import { PlannerService } from "@outlayer/contracts/outlayer/planner/v1/planner";
import { SignInService } from "@outlayer/contracts/outlayer/planner/v1/sign_in_service";
import { SignerProxyService } from "@outlayer/contracts/outlayer/signer_proxy/v1/signer_proxy";
import type { ServiceName } from "@outlayer/kit";
import type { Attack } from "../attack.ts";

/** What each service serves. */
const served = {
  gateway: [],
  planner: [PlannerService, SignInService],
  "signer-proxy": [SignerProxyService],
  broadcaster: [BroadcasterService],
  evidence: [RecordService, LogService, SessionService],
} as const satisfies Readonly<Record<ServiceName, readonly { readonly methods: readonly DescMethod[] }[]>>;

export function methodsOf(service: ServiceName): readonly DescMethod[] {
  return served[service].flatMap(({ methods }): readonly DescMethod[] => methods);
}

export const pathOf = (method: DescMethod) => `/${method.parent.typeName}/${method.name}`;

const bytes = 4 * 1024 * 1024 - 16;

/** Two bytes each that become an object: the most memory that a byte on the wire can cost. */
export function bombFor(method: DescMethod): Buffer {
  const list = method.input.fields.find(({ fieldKind, number }) => fieldKind === "list" && number < 16);
  return Buffer.alloc(bytes, Buffer.of(((list?.number ?? 3) << 3) | 2, 0));
}

export const bombs: Attack = {
  name: "bombs",
  tries: "sends, without credentials, small messages that decode into gigabytes, plain and compressed, to every port",
  everyMs: 15_000,
  refusals: [
    "400",
    "401",
    "403",
    "404",
    "405",
    "413",
    "415",
    "421",
    "429",
    "grpc 3",
    "grpc 7",
    "grpc 8",
    "grpc 12",
    "grpc 16",
    "grpc 14",
    "reset",
    "closed",
    "timeout",
    "stream REFUSED_STREAM",
    "stream CANCEL",
    "stream NO_ERROR",
    "stream ENHANCE_YOUR_CALM",
  ],
  async round(world) {
    for (const service of ["planner", "signer-proxy", "broadcaster", "evidence"] as const) {
      const methods = methodsOf(service);
      // The one that builds most, and any other.
      const worst = methods.find(({ input }) => input.fields.some(({ fieldKind }) => fieldKind === "list"));
      for (const method of new Set([worst ?? world.dice.pick(methods), world.dice.pick(methods)])) {
        const bomb = bombFor(method);
        const compressed = gzipSync(bomb);
        const path = pathOf(method);
        await world.grpc(service, { path, message: compressed, isCompressed: true });
        await world.grpc(service, { path, message: bomb });
        await world.http({
          url: world.targets.http[service] + path,
          method: "POST",
          headers: { "content-type": "application/proto", "content-encoding": "gzip" },
          body: compressed,
        });
        if (world.isOver) return;
      }
    }
    await world.rest({
      path: "/wallet/v1/workflows/execute",
      method: "POST",
      headers: { "content-type": "application/json", "content-encoding": "gzip" },
      body: gzipSync(Buffer.alloc(bytes, "[")),
    });
  },
};
