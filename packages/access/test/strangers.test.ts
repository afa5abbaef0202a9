import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { Code } from "@connectrpc/connect";
import { walletClients } from "@outlayer/access";
import {
  type Accepted,
  type Access,
  createLogger,
  type HostedService,
  hostService,
  systemPorts,
  TlsIdentity,
  upTo,
} from "@outlayer/kit";
import { getGateFacts, oneMethod } from "../../kit/test/support/broadcaster-stub.ts";
import { issue, newAuthority, writeTls } from "../../kit/test/support/certificates.ts";
import { askHttp1, askHttp2 } from "../../kit/test/support/raw-request.ts";
import { sessionCheck } from "./support/session-check.ts";

const bind = { host: "127.0.0.1", port: 0 };
const logger = createLogger("broadcaster", "silent");
const path = `/${getGateFacts}`;
const credentials = { internalTokens: ["internal"], apiKeys: new Map() };
const asWallet = { "x-wallet-id": "wallet-1", "x-internal-wallet-auth": "internal" };
const asPlanner = { "x-service-name": "planner", "x-service-token": "token" };

/** A message of nothing but empty submessages, which memory has to hold one by one: 2 bytes each. */
const manySmall = new Uint8Array(Buffer.from("1a00".repeat(2 * 1024 * 1024), "hex"));

/** A message as gRPC frames it. @param said its length, where that is not true */
function framed(message: Uint8Array, { compressed = false, said = message.byteLength } = {}): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt8(compressed ? 1 : 0, 0);
  head.writeUInt32BE(said, 1);
  return Buffer.concat([head, message]);
}

describe("a stranger at the ports", () => {
  const undo: (() => unknown)[] = [];
  let handled = 0;
  const host = async (accepted: Accepted | Access, tls?: TlsIdentity): Promise<HostedService> => {
    handled = 0;
    const answer = () => {
      handled += 1;
      return {};
    };
    const service = oneMethod(
      answer,
      { [getGateFacts]: accepted },
      walletClients({ credentials, sessionCheck, vouchedBy: ["gateway"] }),
    );
    const guards = { logger, serviceToken: "token", tls };
    const hosted = await hostService(service, { grpcBind: bind, httpBind: bind }, guards);
    undo.push(() => hosted.stop());
    return hosted;
  };
  afterEach(async () => {
    for (const step of undo.splice(0).reverse()) await step();
  });

  for (const [accepted, code, headers] of [
    [["planner"], Code.PermissionDenied, {}],
    [["planner"], Code.PermissionDenied, { "x-service-name": "planner", "x-service-token": "a guess" }],
    [["planner"], Code.PermissionDenied, asWallet],
    ["clients", Code.Unauthenticated, {}],
    ["clients", Code.Unauthenticated, { "x-wallet-id": "wallet-1", "x-internal-wallet-auth": "a guess" }],
    // Vouching is for services that may, which a planner may not here.
    ["clients", Code.Unauthenticated, { "x-wallet-id": "wallet-1", "x-wallet-proven-by": "internal_token" }],
    ["clients", Code.Unauthenticated, { ...asPlanner, "x-wallet-id": "wallet-1", "x-wallet-proven-by": "api_key" }],
  ] as const) {
    const who = `${JSON.stringify(headers)} at a method for ${accepted}`;
    it(`is answered before his body has come, and it is not waited for: ${who}`, async () => {
      const { listeners } = await host(accepted);
      const half = { path, headers, body: framed(new Uint8Array(64), { said: 4 * 1024 * 1024 }), end: false };
      const grpc = await askHttp2(listeners.grpcUrl, half);
      assert.deepEqual([grpc.status, grpc.grpcStatus, grpc.closed], [200, String(code), 0]);
      const proto = { ...headers, "content-type": "application/proto" };
      const connect = await askHttp2(listeners.grpcUrl, { ...half, headers: proto });
      assert.deepEqual([connect.status, connect.closed], [code === Code.Unauthenticated ? 401 : 403, 0]);
      const http1 = await askHttp1(listeners.httpUrl, half);
      assert.deepEqual([http1.status, http1.closed], [code === Code.Unauthenticated ? 401 : 403, true]);
      const web = { ...headers, "content-type": "application/grpc-web+proto" };
      const grpcWeb = await askHttp1(listeners.httpUrl, { ...half, headers: web });
      assert.match(grpcWeb.body, new RegExp(`grpc-status: ${code}`));
      assert.equal(grpcWeb.closed, true);
      assert.equal(handled, 0);
    });
  }

  it("cannot have a message decoded or decompressed, however small it is on the wire", async () => {
    const packed = gzipSync(manySmall);
    for (const accepted of [["planner"], "clients"] as const) {
      const { listeners } = await host(accepted);
      const code = accepted === "clients" ? Code.Unauthenticated : Code.PermissionDenied;
      const plain = await askHttp2(listeners.grpcUrl, { path, body: framed(manySmall) });
      assert.equal(plain.grpcStatus, String(code));
      const body = framed(packed, { compressed: true });
      const small = await askHttp2(listeners.grpcUrl, { path, headers: { "grpc-encoding": "gzip" }, body });
      assert.equal(small.grpcStatus, String(code));
      for (const [bytes, encoding] of [
        [manySmall, {}],
        [packed, { "content-encoding": "gzip" }],
      ] as const) {
        const headers = { "content-type": "application/proto", ...encoding };
        const answer = await askHttp1(listeners.httpUrl, { path, headers, body: bytes });
        assert.equal(answer.status, code === Code.Unauthenticated ? 401 : 403);
      }
      assert.equal(handled, 0);
    }
  });

  it("without a certificate is judged before his body as well, where mutual TLS is on", async () => {
    const authority = await newAuthority();
    const files = await issue(authority, ["broadcaster", "localhost"]);
    const { paths, remove } = writeTls(files);
    undo.push(remove);
    const tls = new TlsIdentity(paths, { timers: systemPorts().timers, logger });
    undo.push(() => tls.stop());
    const { listeners } = await host(["planner"], tls);
    const url = listeners.grpcUrl.replace("127.0.0.1", "localhost");
    const half = { path, headers: asPlanner, body: framed(new Uint8Array(64), { said: 1024 }), end: false };
    const answer = await askHttp2(url, { ...half, tls: { ca: files.ca } });
    assert.deepEqual([answer.grpcStatus, answer.closed], [String(Code.PermissionDenied), 0]);
    const inTheClear = await askHttp1(listeners.httpUrl, { ...half, headers: asPlanner });
    assert.deepEqual([inTheClear.status, inTheClear.closed], [404, true]);
    assert.equal(handled, 0);
  });

  it("gets nothing by a path that is not there, and cannot stay", async () => {
    const { listeners } = await host(["planner"]);
    const half = { path: "/no.such.Service/Method", body: framed(new Uint8Array(8), { said: 1024 }), end: false };
    const http2 = await askHttp2(listeners.grpcUrl, half);
    assert.deepEqual([http2.status, http2.closed], [404, 0]);
    const http1 = await askHttp1(listeners.httpUrl, half);
    assert.deepEqual([http1.status, http1.closed], [404, true]);
  });
});

describe("what a caller may send", () => {
  const undo: (() => unknown)[] = [];
  const host = async (accepted: Accepted | Access): Promise<HostedService> => {
    const service = oneMethod(
      () => ({}),
      { [getGateFacts]: accepted },
      walletClients({ credentials, sessionCheck, vouchedBy: ["gateway"] }),
    );
    const hosted = await hostService(service, { grpcBind: bind, httpBind: bind }, { logger, serviceToken: "token" });
    undo.push(() => hosted.stop());
    return hosted;
  };
  afterEach(async () => {
    for (const step of undo.splice(0).reverse()) await step();
  });
  /** `gate_id`, of this many bytes. */
  const ofLength = (length: number) =>
    Buffer.concat([
      Buffer.from([0x0a, 0x80 | (length & 0x7f), 0x80 | ((length >> 7) & 0x7f), length >> 14]),
      Buffer.alloc(length, "g"),
    ]);

  it("a wallet no more than 512 KiB, whether it announces that or not", async () => {
    const { listeners } = await host("clients");
    const tooLong = String(Code.ResourceExhausted);
    const announced = { ...asWallet, "content-length": String(1024 * 1024) };
    const refused = await askHttp2(listeners.grpcUrl, { path, headers: announced, body: Buffer.alloc(8), end: false });
    assert.deepEqual([refused.grpcStatus, refused.closed], [tooLong, 0]);
    const said = framed(Buffer.alloc(8), { said: 513 * 1024 });
    assert.equal(
      (await askHttp2(listeners.grpcUrl, { path, headers: asWallet, body: said, end: false })).grpcStatus,
      tooLong,
    );
    // Of Connect nothing says how much is to come: it is cut.
    const proto = { ...asWallet, "content-type": "application/proto" };
    const cut = await askHttp2(listeners.grpcUrl, { path, headers: proto, body: ofLength(600 * 1024), end: false });
    assert.deepEqual([cut.status, cut.closed], [429, 0]);
    const cut1 = await askHttp1(listeners.httpUrl, { path, headers: proto, body: ofLength(600 * 1024), end: false });
    assert.deepEqual([cut1.status, cut1.closed], [429, true]);
    const taken = await askHttp2(listeners.grpcUrl, { path, headers: proto, body: ofLength(100 * 1024) });
    assert.equal(taken.status, 200);
  });

  it("a wallet nothing that is compressed, in no protocol", async () => {
    const { listeners } = await host("clients");
    const body = gzipSync(ofLength(9));
    const compressed = framed(body, { compressed: true, said: body.byteLength + 1 });
    for (const encoding of ["gzip", "br", "zstd", "none-we-know"]) {
      const grpc = { path, headers: { ...asWallet, "grpc-encoding": encoding }, body: compressed, end: false };
      assert.equal((await askHttp2(listeners.grpcUrl, grpc)).grpcStatus, String(Code.InvalidArgument), encoding);
      const headers = { ...asWallet, "content-type": "application/proto", "content-encoding": encoding };
      const asked = { path, headers, body, end: false };
      assert.equal((await askHttp1(listeners.httpUrl, asked)).status, 400, encoding);
      assert.equal((await askHttp2(listeners.grpcUrl, asked)).status, 400, encoding);
    }
  });

  it("a service what its method takes, compressed or not, and no more of either", async () => {
    const limit = 100 * 1024;
    const { listeners } = await host(upTo(limit, ["planner"]));
    const headers = { ...asPlanner, "content-type": "application/proto" };
    const gzip = { ...headers, "content-encoding": "gzip" };
    const ask = (body: Uint8Array, withHeaders = headers) =>
      askHttp2(listeners.grpcUrl, { path, headers: withHeaders, body });
    const taken = 200;
    assert.equal((await ask(ofLength(limit - 4))).status, taken);
    assert.equal((await ask(gzipSync(ofLength(limit - 4)), gzip)).status, taken);
    assert.equal((await ask(ofLength(limit))).status, 429);
    assert.equal((await ask(gzipSync(ofLength(limit)), gzip)).status, 429);
  });

  it("is told that a message is no protobuf, and that the fault is not the service's", async () => {
    const { listeners } = await host("clients");
    for (const body of [Buffer.of(0x08), Buffer.of(0), Buffer.of(0x0a, 1, 0xff), Buffer.of(0x0c)]) {
      const { grpcStatus } = await askHttp2(listeners.grpcUrl, { path, headers: asWallet, body: framed(body) });
      assert.equal(grpcStatus, String(Code.InvalidArgument), body.toString("hex"));
    }
  });
});
