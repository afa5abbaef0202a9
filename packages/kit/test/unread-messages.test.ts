import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { fromBinary } from "@bufbuild/protobuf";
import { base64Decode } from "@bufbuild/protobuf/wire";
import { Code } from "@connectrpc/connect";
import { ErrorInfoSchema } from "@outlayer/contracts/google/rpc/error_details";
import { createLogger, type HostedService, hostService, unavailable } from "@outlayer/kit";
import { getGateFacts, oneMethod } from "./support/broadcaster-stub.ts";
import { type Answered, askHttp1, askHttp2 } from "./support/raw-request.ts";

const path = `/${getGateFacts}`;
const logger = createLogger("broadcaster", "silent");
const typeName = "outlayer.broadcaster.v1.GetGateFactsRequest";
const asPlanner = { "x-service-name": "planner" };

interface ConnectProblem {
  readonly code: string;
  readonly message: string;
  readonly details: readonly { readonly type: string; readonly value: string }[];
}

/** In an envelope, as gRPC and streams have it. */
function framed(message: Uint8Array, flags = 0, said = message.byteLength): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt8(flags, 0);
  head.writeUInt32BE(said, 1);
  return Buffer.concat([head, message]);
}

const codeNames: Partial<Record<Code, string>> = {
  [Code.InvalidArgument]: "invalid_argument",
  [Code.Unimplemented]: "unimplemented",
};

describe("a message that cannot be read", () => {
  let hosted: HostedService;
  let fails: (() => never) | undefined;
  before(async () => {
    const service = oneMethod(() => fails?.() ?? {});
    const bind = { host: "127.0.0.1", port: 0 };
    hosted = await hostService(service, { grpcBind: bind, httpBind: bind }, { logger, serviceToken: undefined });
  });
  after(() => hosted.stop());

  type Headers = Readonly<Record<string, string>>;
  /** Over both versions of HTTP. */
  const askBoth = async (body: Uint8Array, headers: Headers, at = path): Promise<readonly Answered[]> => {
    const { grpcUrl, httpUrl } = hosted.listeners;
    const request = { path: at, body, headers: { ...asPlanner, ...headers } };
    return [await askHttp1(httpUrl, request), await askHttp2(grpcUrl, request)];
  };
  const problemOf = ({ body }: Answered): ConnectProblem => JSON.parse(body.replace(/^[0-9a-f]+\r\n|\r\n0$/g, ""));
  const reasonOf = ({ details }: ConnectProblem): string => {
    const info = details.find(({ type }) => type === ErrorInfoSchema.typeName);
    return fromBinary(ErrorInfoSchema, base64Decode(info?.value ?? "")).reason;
  };

  const noProtobuf: readonly Buffer[] = [
    Buffer.of(0x08),
    Buffer.of(0),
    Buffer.of(0x0a, 1, 0xff),
    Buffer.of(0x0c),
    Buffer.of(0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f),
    Buffer.alloc(4_096, 0xff),
    Buffer.alloc(4_096, 0x0b),
  ];

  it("is the caller's fault over Connect, as protobuf, and the answer names what it should have been", async () => {
    for (const body of noProtobuf) {
      for (const answer of await askBoth(body, { "content-type": "application/proto" })) {
        const problem = problemOf(answer);
        assert.deepEqual(
          [answer.status, problem.code, reasonOf(problem)],
          [400, "invalid_argument", "UNREADABLE_MESSAGE"],
        );
        assert.ok(problem.message.startsWith(`the body is no ${typeName}: `), problem.message);
      }
    }
  });

  it("is the caller's fault over Connect, as JSON, and the answer names the place", async () => {
    for (const [body, place] of [
      ["", /JSON/],
      ["{", /JSON/],
      ["nonsense", /JSON/],
      ["[]", /GetGateFactsRequest/],
      ["null", /GetGateFactsRequest/],
      ['{"gateId":1}', /gate_id/],
      ['{"gateId":{"a":[]}}', /gate_id/],
      ["\xff\xfe", /JSON/],
    ] as const) {
      for (const answer of await askBoth(Buffer.from(body, "latin1"), { "content-type": "application/json" })) {
        const problem = problemOf(answer);
        assert.deepEqual([answer.status, reasonOf(problem)], [400, "UNREADABLE_MESSAGE"], body);
        assert.match(problem.message, place, body);
      }
    }
  });

  it("is the caller's fault over gRPC and gRPC-Web, however its envelope is wrong", async () => {
    const one = framed(Buffer.of(0x0a, 2, 0x61, 0x61));
    const packed = { "grpc-encoding": "gzip" };
    const envelopes: readonly (readonly [what: string, body: Buffer, code: Code, headers?: Headers])[] = [
      ...noProtobuf.map((body) => ["no protobuf", framed(body), Code.InvalidArgument] as const),
      ["longer than it says", Buffer.concat([one, Buffer.of(1, 2, 3)]), Code.InvalidArgument],
      ["shorter than it says", framed(Buffer.of(0x0a, 1, 0x61), 0, 100), Code.InvalidArgument],
      ["too long, as it says", framed(Buffer.alloc(8), 0, 0xffff_ffff), Code.ResourceExhausted],
      ["half a head", Buffer.of(0, 0, 0), Code.InvalidArgument],
      ["nothing", Buffer.alloc(0), Code.Unimplemented],
      ["two messages", Buffer.concat([one, one]), Code.Unimplemented],
      ["compressed, with nothing said of how", framed(gzipSync(Buffer.of(1)), 1), Code.InvalidArgument],
      ["said to be compressed, and not", framed(Buffer.from("no gzip at all"), 1), Code.InvalidArgument, packed],
      ["cut while compressed", framed(gzipSync(Buffer.alloc(9_999)).subarray(0, 12), 1), Code.InvalidArgument, packed],
      ["compressed in a way nobody knows", one, Code.Unimplemented, { "grpc-encoding": "zstd" }],
      ["of a deadline that is none", one, Code.InvalidArgument, { "grpc-timeout": "soon" }],
    ];
    for (const [what, body, code, headers = {}] of envelopes) {
      const grpc = { path, body, headers: { ...asPlanner, ...headers } };
      const { grpcStatus, status } = await askHttp2(hosted.listeners.grpcUrl, grpc);
      assert.deepEqual([status, grpcStatus], [200, String(code)], `${what}: ${body.subarray(0, 16).toString("hex")}`);
      for (const answer of await askBoth(body, { "content-type": "application/grpc-web+proto", ...headers })) {
        assert.match(answer.body, new RegExp(`grpc-status: ${code}\\r\\n`), what);
      }
    }
  });

  it("is the caller's fault of a stream too, over each protocol, and none of the service's", async () => {
    const watch = { path: "/grpc.health.v1.Health/Watch" };
    const one = framed(Buffer.of(0x0a, 1, 0x61));
    const bodies: readonly (readonly [what: string, body: Buffer, code: Code])[] = [
      ["no protobuf", framed(Buffer.of(0x0a, 9, 0x61)), Code.InvalidArgument],
      ["shorter than it says", framed(Buffer.of(0x0a, 1, 0x61), 0, 100), Code.InvalidArgument],
      ["nothing", Buffer.alloc(0), Code.Unimplemented],
      ["two messages", Buffer.concat([one, one]), Code.Unimplemented],
    ];
    for (const [what, body, code] of bodies) {
      const { grpcStatus } = await askHttp2(hosted.listeners.grpcUrl, { ...watch, body });
      assert.equal(grpcStatus, String(code), what);
      const headers = { "content-type": "application/connect+proto" };
      const { body: said } = await askHttp1(hosted.listeners.httpUrl, { ...watch, body, headers });
      assert.match(said, new RegExp(`"code":"${codeNames[code]}"`), what);
    }
    for (const body of ["{", "[]", '{"service":1}', "\xff"]) {
      const headers = { "content-type": "application/connect+json" };
      const request = { ...watch, body: framed(Buffer.from(body, "latin1")), headers };
      const { body: said } = await askHttp1(hosted.listeners.httpUrl, request);
      assert.match(
        said,
        /"code":"invalid_argument","message":"the body is no grpc.health.v1.HealthCheckRequest: /,
        body,
      );
    }
  });

  it("is refused by its type and its path, where those are not served", async () => {
    for (const type of [
      "text/plain",
      "application/octet-stream",
      "application/grpc-foo",
      "nonsense",
      "application/xml",
    ]) {
      for (const { status } of await askBoth(Buffer.from("{}"), { "content-type": type }))
        assert.equal(status, 415, type);
    }
    for (const at of ["/", "/x", `${path}/x`, path.toLowerCase(), "/outlayer.broadcaster.v1.BroadcasterService/No"]) {
      for (const { status } of await askBoth(Buffer.from("{}"), { "content-type": "application/json" }, at)) {
        assert.equal(status, 404, at);
      }
    }
  });

  it("does not end the process where its host cannot be read", async () => {
    const anywhere = await hostService(
      oneMethod(() => ({})),
      { grpcBind: { host: "0.0.0.0", port: 0 }, httpBind: { host: "0.0.0.0", port: 0 } },
      { logger, serviceToken: "token-of-the-tests-0123456789-abcdef" },
    );
    try {
      const [grpcUrl, httpUrl] = [anywhere.listeners.grpcUrl, anywhere.listeners.httpUrl].map((url) =>
        url.replace("0.0.0.0", "127.0.0.1"),
      ) as [string, string];
      for (const host of ["[", "a b", "a:b:c", "a:99999", "%zz", ""]) {
        const body = Buffer.from("{}");
        assert.equal((await askHttp1(httpUrl, { path, body, headers: { host } })).status, 400, `HTTP/1.1 ${host}`);
        const headers = { ":authority": host, "content-type": "application/json" };
        // What else is no authority is refused by HTTP/2 itself.
        if (/^a:/.test(host))
          assert.equal((await askHttp2(grpcUrl, { path, body, headers })).status, 400, `HTTP/2 ${host}`);
      }
      assert.equal((await fetch(`${httpUrl}/livez`)).status, 200);
    } finally {
      await anywhere.stop();
    }
  });

  it("tells over Connect when what is unavailable may be tried again, and gRPC as it does elsewhere", async () => {
    fails = () => {
      throw unavailable("not now");
    };
    try {
      for (const answer of await askBoth(Buffer.from('{"gateId":"gate.near"}'), {
        "content-type": "application/json",
      })) {
        assert.deepEqual([answer.status, answer.headers["retry-after"]], [503, "2"]);
        assert.ok(problemOf(answer).details.some(({ type }) => type === "google.rpc.RetryInfo"));
      }
    } finally {
      fails = undefined;
    }
  });
});
