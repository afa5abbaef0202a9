import { create, type DescMethod, toBinary } from "@bufbuild/protobuf";
import { Health, HealthCheckRequestSchema } from "@outlayer/contracts/grpc/health/v1/health";
import { ServerReflection, ServerReflectionRequestSchema } from "@outlayer/contracts/grpc/reflection/v1/reflection";
import { SignInService } from "@outlayer/contracts/outlayer/planner/v1/sign_in_service";
import { serviceNames } from "@outlayer/kit";
import type { Attack } from "../attack.ts";
import { tooLate } from "../clients/h2.ts";
import { pipeline } from "../clients/pipeline.ts";
import { methodsOf, pathOf } from "./bombs.ts";
import { anyId } from "./steps.ts";

const hangUps = ["reset", "closed", "timeout"];

/** Credentials that are none. */
const forged: readonly Readonly<Record<string, string>>[] = [
  {},
  { authorization: "Bearer wk_" },
  { authorization: "Bearer wk_of_honest-1" },
  { "x-wallet-id": "honest-1", "x-internal-wallet-auth": "a" },
  { "x-wallet-id": "honest-1" },
  { "x-service-name": "broadcaster" },
  { "x-service-name": "gateway", "x-service-token": "service-token", "x-wallet-id": "honest-1" },
  { "x-service-name": "planner", "x-service-token": "" },
];

/** Signing in is for those who have no credentials yet; it has an attack of its own. */
const isForStrangers = ({ parent, name }: DescMethod) =>
  parent === SignInService && name !== SignInService.method.signOut.name;

export const strangers: Attack = {
  name: "strangers",
  tries: "calls every method of every service without credentials, or with a name and a token that it made up",
  everyMs: 12_000,
  refusals: [
    "400",
    "401",
    "403",
    "404",
    "405",
    "415",
    "421",
    "429",
    "grpc 7",
    "grpc 8",
    "grpc 12",
    "grpc 16",
    tooLate,
    ...hangUps,
  ],
  async round(world) {
    for (const service of serviceNames) {
      for (const method of methodsOf(service).filter((one) => !isForStrangers(one))) {
        if (world.isOver) return;
        const path = pathOf(method);
        const message = new Uint8Array();
        await Promise.all(
          forged.flatMap((headers) => [
            world.grpc(service, { path, message, headers, timeoutMs: 5_000 }),
            world.http({
              url: world.targets.http[service] + path,
              method: "POST",
              headers: { "content-type": "application/json", ...headers },
              body: "{}",
            }),
          ]),
        );
      }
    }
    for (const path of ["/wallet/v1/workflows/execute", "/wallet/v1/sequential-batch"]) {
      for (const headers of forged) await world.rest({ path, method: "POST", headers, body: { steps: [] } });
    }
  },
};

export const flood: Attack = {
  name: "flood",
  tries: "sends cheap requests of every path without credentials, one behind the other on few connections",
  everyMs: 140,
  refusals: ["200", "400", "401", "404", "405", "429", "503", ...hangUps],
  async round(world) {
    const { host, hostname, port } = new URL(world.targets.restUrl);
    const paths = [
      "/wallet/v1/preflight",
      `/wallet/v1/workflows/${anyId(world.dice)}`,
      "/nothing/here",
      "/wallet/v1/workflows/plan",
      "/livez",
    ];
    const requests = Array.from({ length: 200 }, (_, index) => {
      const path = paths[index % paths.length];
      const key = index % 2 === 0 ? "" : "authorization: Bearer wk_guess\r\n";
      return `GET ${path} HTTP/1.1\r\nhost: ${host}\r\n${key}\r\n`;
    });
    const heard = ({ status, retryAfter }: { status: number; retryAfter: string | undefined }) =>
      world.heard(status, retryAfter, "closed", "a pipelined request");
    const { unanswered, loss } = await pipeline({ host: hostname, port: Number(port) }, requests, heard);
    world.did(loss, unanswered);
  },
};

export const watches: Attack = {
  name: "watches-and-reflection",
  tries: "watches health on hundreds of streams and asks for descriptors without credentials",
  everyMs: 15_000,
  refusals: [
    "grpc 0",
    "grpc 1",
    "grpc 5",
    "grpc 7",
    "grpc 8",
    "grpc 12",
    "grpc 16",
    "404",
    "421",
    "stream REFUSED_STREAM",
    "stream ENHANCE_YOUR_CALM",
    "stream CANCEL",
    ...hangUps,
  ],
  async round(world) {
    const check = toBinary(HealthCheckRequestSchema, create(HealthCheckRequestSchema, { service: "" }));
    const list = toBinary(
      ServerReflectionRequestSchema,
      create(ServerReflectionRequestSchema, { messageRequest: { case: "listServices", value: "" } }),
    );
    await Promise.all(
      serviceNames.flatMap((service) => [
        ...Array.from({ length: 60 }, () =>
          world.grpc(service, { path: `/${Health.typeName}/Watch`, message: check, timeoutMs: 3_000 }),
        ),
        reflected(service),
      ]),
    );

    async function reflected(service: (typeof serviceNames)[number]): Promise<void> {
      const path = `/${ServerReflection.typeName}/ServerReflectionInfo`;
      const { body } = await world.grpc(service, { path, message: list, timeoutMs: 3_000 });
      if (body.includes("outlayer.")) world.gotThrough(`${service} listed its services to a stranger`);
    }
  },
};

export const wrongHost: Attack = {
  name: "wrong-host",
  tries: "calls every port under another host's name, as a page in a browser does after rebinding",
  everyMs: 5_000,
  refusals: ["400", "401", "403", "404", "405", "421", "429"],
  async round(world) {
    const { restUrl, http } = world.targets;
    for (const host of ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:80", "[::1]evil"]) {
      for (const url of [restUrl, ...Object.values(http)]) {
        await world.http({ url: `${url}/readyz`, headers: { host } });
      }
      const path = "/wallet/v1/workflows/plan";
      await world.rest({ path, method: "POST", as: "hostile-headers", headers: { host }, body: { steps: [] } });
    }
  },
};
