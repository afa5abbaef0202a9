import assert from "node:assert/strict";
import { type Client, Code, ConnectError, createClient } from "@connectrpc/connect";
import { createConnectTransport, createGrpcTransport } from "@connectrpc/connect-node";
import { Health } from "@outlayer/contracts/grpc/health/v1/health";
import { BroadcasterService } from "@outlayer/contracts/outlayer/broadcaster/v1/broadcaster";
import {
  ConfigReader,
  createLogger,
  type HostedService,
  hostService,
  readCommonConfig,
  readServiceUrl,
  remoteTransport,
  type ServiceName,
  type TlsFiles,
  TlsIdentity,
} from "@outlayer/kit";
import { getGateFacts, oneMethod } from "./support/broadcaster-stub.ts";
import { type Authority, issue, newAuthority, writeTls } from "./support/certificates.ts";
import { virtualTime } from "./support/virtual-time.ts";

const bind = { host: "127.0.0.1", port: 0 };
const caller = (client: Client<typeof BroadcasterService>) => client.getGateFacts({ gateId: "gate.near" });
const failure = (call: Promise<unknown>) => call.then(() => assert.fail("the call succeeded"), ConnectError.from);

describe("mutual TLS between services", () => {
  let authority: Authority;
  const undo: (() => unknown)[] = [];
  const lines: { readonly [field: string]: unknown }[] = [];
  const time = virtualTime();

  before(async () => {
    authority = await newAuthority();
  });
  afterEach(async () => {
    for (const one of undo.splice(0).reverse()) await one();
    lines.length = 0;
  });

  const identity = (files: TlsFiles) => {
    const written = writeTls(files);
    const logger = createLogger("broadcaster", "trace", { write: (line) => void lines.push(JSON.parse(line)) });
    const tls = new TlsIdentity(written.paths, { timers: time.timers, logger });
    tls.start();
    undo.push(() => {
      tls.stop();
      written.remove();
    });
    return { tls, logger, ...written };
  };
  const host = async (files: TlsFiles, answer = () => ({}) as object | Promise<object>) => {
    const { tls, logger, replace } = identity(files);
    // The token must not count where certificates do.
    const guards = { logger, serviceToken: "token", tls };
    const callers = { [getGateFacts]: ["planner"] as const };
    const hosted = await hostService(oneMethod(answer, callers), { grpcBind: bind, httpBind: bind }, guards);
    undo.push(() => hosted.stop());
    return { hosted, replace };
  };
  const clientOf = (
    hosted: HostedService,
    files: TlsFiles,
    from: ServiceName = "planner",
    to: ServiceName = "broadcaster",
  ) => {
    const { tls } = identity(files);
    const transport = remoteTransport(hosted.listeners.grpcUrl, { from, to, serviceToken: "token", tls });
    return createClient(BroadcasterService, transport);
  };
  const broadcaster = () => issue(authority, ["broadcaster", "localhost"]);

  it("lets the caller in that its certificate names, whatever it says of itself", async () => {
    const { hosted } = await host(await broadcaster());
    assert.match(hosted.listeners.grpcUrl, /^https:/);
    await caller(clientOf(hosted, await issue(authority, ["planner.wallets.svc", "planner"]), "gateway"));
    for (const names of [["gateway"], ["gateway", "planner"], ["planner.wallets.svc"], ["xplanner"]]) {
      const error = await failure(caller(clientOf(hosted, await issue(authority, names))));
      assert.equal(error.code, Code.PermissionDenied, names.join());
    }
    const refused = lines.filter(({ msg }) => msg === "caller is not allowed");
    assert.deepEqual(
      refused.map(({ method, caller }) => [method, caller]),
      ["gateway", "gateway", "nobody we know", "nobody we know"].map((name) => [getGateFacts, name]),
    );
  });

  it("takes no certificate that is expired or of another authority", async () => {
    let asked = false;
    const { hosted } = await host(await broadcaster(), () => {
      asked = true;
      return {};
    });
    const { ca } = await broadcaster();
    const by = async (other: Authority) => ({ ...(await issue(other, ["planner"])), ca });
    for (const files of [await issue(authority, ["planner"], 10), await by(await newAuthority())]) {
      const error = await failure(caller(clientOf(hosted, files)));
      assert.equal(error.code, Code.PermissionDenied, String(error.cause ?? error));
    }
    // One that claims to be of the same authority does not get as far as that.
    const forger = await newAuthority(authority.certificate.subject.replace("CN=", ""));
    await failure(caller(clientOf(hosted, await by(forger))));
    assert.equal(asked, false);
  });

  it("calls nobody whose certificate is expired, of another authority, or of another service", async () => {
    const good = await issue(authority, ["planner"]);
    const strange = await issue(await newAuthority(), ["broadcaster"]);
    const wrong = [
      await issue(authority, ["broadcaster"], 10),
      strange,
      await issue(authority, ["evidence", "localhost"]),
    ];
    for (const files of wrong) {
      let asked = false;
      const { hosted } = await host(files, () => {
        asked = true;
        return {};
      });
      const error = await failure(caller(clientOf(hosted, good)));
      assert.notEqual(error.code, Code.PermissionDenied);
      assert.equal(error.isWireError, false);
      assert.equal(asked, false);
    }
  });

  it("takes callers without a certificate for its public methods alone, and nobody at all in the clear", async () => {
    const files = await broadcaster();
    const { tls, logger } = identity(files);
    for (const [accepted, expected] of [
      ["clients", undefined],
      [["planner"], Code.PermissionDenied],
    ] as const) {
      const service = oneMethod(() => ({}), { [getGateFacts]: accepted }, { authenticate() {} });
      const hosted = await hostService(
        service,
        { grpcBind: bind, httpBind: bind },
        { logger, serviceToken: "token", tls },
      );
      undo.push(() => hosted.stop());
      const { port } = new URL(hosted.listeners.grpcUrl);
      const named = { interceptors: [forged] };
      const nodeOptions = { ca: files.ca };
      const overTls = createGrpcTransport({ baseUrl: `https://localhost:${port}`, nodeOptions, ...named });
      const call = caller(createClient(BroadcasterService, overTls));
      if (expected === undefined) await call;
      else assert.equal((await failure(call)).code, expected);
      const { httpUrl } = hosted.listeners;
      const inTheClear = createConnectTransport({ baseUrl: httpUrl, httpVersion: "1.1", ...named });
      assert.equal((await failure(caller(createClient(BroadcasterService, inTheClear)))).code, Code.Unimplemented);
      assert.equal((await failure(createClient(Health, inTheClear).check({}))).code, Code.Unimplemented);
      assert.equal((await fetch(`${httpUrl}/readyz`)).status, 200);
    }
  });

  it("takes new files for new connections while calls go on, and keeps the old ones while the new do not fit", async () => {
    const finish = Promise.withResolvers<object>();
    const asked = Promise.withResolvers<void>();
    let first = true;
    const { hosted, replace } = await host(await broadcaster(), () => {
      if (!first) return {};
      first = false;
      asked.resolve();
      return finish.promise;
    });
    const own = identity(await issue(authority, ["planner"]));
    const options = { from: "planner", to: "broadcaster", serviceToken: undefined, tls: own.tls } as const;
    const clientOfOwn = () => createClient(BroadcasterService, remoteTransport(hosted.listeners.grpcUrl, options));
    const connected = clientOfOwn();
    const underWay = caller(connected);
    await asked.promise;

    // Another authority altogether: whoever still trusts the old one cannot connect any more.
    const before = await issue(authority, ["planner"]);
    const after = await newAuthority();
    const renewed = await issue(after, ["broadcaster"]);
    replace({ ...renewed, key: "half written" });
    time.fire();
    await caller(clientOfOwn());
    assert.equal(lines.filter(({ msg }) => String(msg).startsWith("TLS files cannot be used")).length, 1);

    replace(renewed);
    own.replace(await issue(after, ["planner"]));
    time.fire();
    await caller(clientOfOwn());
    assert.equal((await failure(caller(clientOf(hosted, before)))).isWireError, false);
    finish.resolve({});
    await underWay;
    await caller(connected);
  });
});

/** Claims to be a service that it is not. */
const forged: NonNullable<Parameters<typeof createGrpcTransport>[0]["interceptors"]>[number] = (next) => (request) => {
  request.header.set("x-service-name", "planner");
  request.header.set("x-service-token", "token");
  request.header.set("x-wallet-id", "wallet-1");
  request.header.set("x-internal-wallet-auth", "internal");
  return next(request);
};

describe("configuration of mutual TLS", () => {
  const problemsOf = (environment: Record<string, string>) => {
    const reader = new ConfigReader(environment);
    readCommonConfig(reader, "planner");
    readServiceUrl(reader, "EVIDENCE_URL");
    try {
      reader.check();
      return [];
    } catch (error) {
      return (error as { readonly problems: readonly string[] }).problems;
    }
  };
  const set = async (names: readonly string[], change: Partial<TlsFiles> = {}) => {
    const { paths, remove } = writeTls({ ...(await issue(await newAuthority(), names)), ...change });
    const variables = { TLS_CERT_FILE: paths.cert, TLS_KEY_FILE: paths.key, TLS_CA_FILE: paths.ca };
    return { variables, remove };
  };
  const url = { EVIDENCE_URL: "https://evidence:9004" };

  it("asks for all three files, and then for no token on public listeners", async () => {
    const { variables, remove } = await set(["planner"]);
    const open = { GRPC_BIND_ADDR: "0.0.0.0:1", ...url };
    assert.deepEqual(problemsOf({ ...variables, ...open }), []);
    const { TLS_CA_FILE: _, ...two } = variables;
    assert.match(problemsOf({ ...two, ...open }).join(), /TLS_CA_FILE is required where another of .* is set/);
    assert.match(
      problemsOf({ ...variables, EVIDENCE_URL: "http://evidence:9004" }).join(),
      /EVIDENCE_URL must be an https URL/,
    );
    remove();
  });

  it("says which file cannot be read, what does not fit together, and whose certificate it must be", async () => {
    const good = await set(["planner"]);
    const missing = problemsOf({ ...good.variables, TLS_KEY_FILE: "/nowhere/key", ...url });
    assert.deepEqual(missing, ["TLS_KEY_FILE cannot be read: ENOENT"]);
    good.remove();
    const other = await issue(await newAuthority(), ["planner"]);
    for (const change of [{ key: other.key }, { cert: "x" }, { ca: "x" }, { key: "hunter2" }]) {
      const { variables, remove } = await set(["planner"], change);
      assert.deepEqual(problemsOf({ ...variables, ...url }), [
        "TLS_CERT_FILE, TLS_KEY_FILE and TLS_CA_FILE must be a certificate, its key, and authorities, all PEM",
      ]);
      remove();
    }
    const evidence = await set(["evidence", "planner"]);
    assert.deepEqual(problemsOf({ ...evidence.variables, ...url }), [
      "TLS_CERT_FILE must be a certificate whose first service among its DNS names is planner",
    ]);
    evidence.remove();
  });
});
