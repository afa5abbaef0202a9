import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { Health, HealthCheckResponse_ServingStatus as Status } from "@outlayer/contracts/grpc/health/v1/health";
import { ServerReflection } from "@outlayer/contracts/grpc/reflection/v1/reflection";
import { BroadcasterService } from "@outlayer/contracts/outlayer/broadcaster/v1/broadcaster";
import { createLogger, DependencyWatch, hostService, remoteTransport, type Service, systemPorts } from "@outlayer/kit";
import { oneMethod } from "./support/broadcaster-stub.ts";
import { issue, newAuthority, writeTls } from "./support/certificates.ts";

const bind = { host: "127.0.0.1", port: 0 };
const guards = { logger: createLogger("broadcaster", "silent"), serviceToken: undefined, reflection: true };
const host = (service: Service) => hostService(service, { grpcBind: bind, httpBind: bind }, guards);
const readyz = async (url: string) => {
  const response = await fetch(`${url}/readyz`);
  return [response.status, await response.json()];
};

describe("liveness and readiness", () => {
  it("tell a dependency that is slow or away by name, and that requests are taken unless nothing goes without it", async () => {
    const { clock, timers, random } = systemPorts();
    const ask = () => new Promise(() => {});
    const deps = { ask, ports: { clock, timers, random }, logger: guards.logger };
    const nearRpc = new DependencyWatch({ name: "near_rpc", ...deps });
    const database = new DependencyWatch({ name: "database", required: true, ...deps });
    let watches: readonly DependencyWatch[] = [];
    const dependencies = () => watches.map(({ dependency }) => dependency);
    const hosted = await host({ ...oneMethod(() => ({})), dependencies });
    const { httpUrl, grpcUrl } = hosted.listeners;
    assert.deepEqual(await readyz(httpUrl), [200, { status: "ready" }]);
    watches = [nearRpc, database];
    nearRpc.missed("away", "connection refused");
    database.heard();
    assert.deepEqual(await readyz(httpUrl), [
      200,
      { status: "ready", dependencies: { near_rpc: "away", database: "ok" } },
    ]);
    const health = createClient(Health, createGrpcTransport({ baseUrl: grpcUrl }));
    assert.equal((await health.check({})).status, Status.SERVING);
    watches = [database];
    database.missed("slow", "no answer in time");
    assert.deepEqual(await readyz(httpUrl), [200, { status: "ready", dependencies: { database: "slow" } }]);
    assert.equal((await health.check({})).status, Status.SERVING);
    database.missed("away", "connection refused");
    const notReady = { status: "not_ready", reasons: ["database is away"], dependencies: { database: "away" } };
    assert.deepEqual(await readyz(httpUrl), [503, notReady]);
    assert.equal((await health.check({})).status, Status.NOT_SERVING);
    assert.equal((await fetch(`${httpUrl}/livez`)).status, 200);
    await hosted.stop();
    await Promise.all([nearRpc.stop(), database.stop()]);
  });

  it("are off while it starts and while it stops", async () => {
    const started = Promise.withResolvers<void>();
    const stopped = Promise.withResolvers<void>();
    const addresses: string[] = [];
    const logger = createLogger("broadcaster", "silent");
    const service: Service = { ...oneMethod(() => ({})), start: () => started.promise, stop: () => stopped.promise };
    const port = await freePort();
    const starting = hostService(
      service,
      { grpcBind: bind, httpBind: { host: "127.0.0.1", port } },
      { ...guards, logger },
    );
    addresses.push(`http://127.0.0.1:${port}`);
    const url = addresses[0] ?? "";
    let answer = await readyz(url).catch(() => undefined);
    while (answer === undefined) answer = await readyz(url).catch(() => undefined);
    assert.deepEqual(answer, [503, { status: "not_ready", reasons: ["starting"] }]);
    started.resolve();
    const hosted = await starting;
    const watching = createClient(Health, createGrpcTransport({ baseUrl: hosted.listeners.grpcUrl })).watch({});
    const seen: Status[] = [];
    const watched = (async () => {
      for await (const { status } of watching) seen.push(status);
    })();
    while (seen.length === 0) await new Promise((resolve) => setImmediate(resolve));
    const stopping = hosted.stop();
    assert.deepEqual(await readyz(url), [503, { status: "not_ready", reasons: ["stopping"] }]);
    assert.deepEqual(hosted.left(), ["the work beside the calls"]);
    stopped.resolve();
    await stopping;
    await watched;
    assert.deepEqual(seen, [Status.SERVING, Status.NOT_SERVING]);
    assert.deepEqual(hosted.left(), []);
  });
});

describe("stopping a service", () => {
  it("lets calls under way end, and then waits for nobody", async () => {
    const answer = Promise.withResolvers<object>();
    const asked = Promise.withResolvers<void>();
    const hosted = await host(
      oneMethod(() => {
        asked.resolve();
        return answer.promise;
      }),
    );
    const { grpcUrl, httpUrl } = hosted.listeners;
    const caller = { from: "planner", to: "broadcaster", serviceToken: undefined } as const;
    const call = createClient(BroadcasterService, remoteTransport(grpcUrl, caller)).getGateFacts({
      gateId: "gate.near",
    });
    await asked.promise;
    // Connections on which nothing is asked, an idle keepalive, and a stream that its client never ends.
    const silent = [grpcUrl, httpUrl].map((url) => connect(Number(new URL(url).port), "127.0.0.1").resume());
    await Promise.all(silent.map((socket) => once(socket, "connect")));
    await fetch(`${httpUrl}/livez`);
    const reflection = createClient(ServerReflection, createGrpcTransport({ baseUrl: grpcUrl }));
    const endless = reflection
      .serverReflectionInfo(
        (async function* () {
          yield { messageRequest: { case: "listServices" as const, value: "" } };
          await new Promise(() => {});
        })(),
      )
      [Symbol.asyncIterator]();
    await endless.next();
    const ended = endless.next().then(
      () => undefined,
      () => undefined,
    );
    const stopped = hosted.stop();
    assert.deepEqual(hosted.left().slice(-1), ["1 call of outlayer.broadcaster.v1.BroadcasterService/GetGateFacts"]);
    answer.resolve({ feeTiers: [{ cap: 3 }] });
    assert.equal((await call).feeTiers[0]?.cap, 3);
    await stopped;
    await ended;
  });
});

describe("a process that is told to stop", () => {
  const main = fileURLToPath(new URL("support/stopping-process.ts", import.meta.url));
  async function run(how: string, signals: readonly [line: string, signal: NodeJS.Signals][]) {
    const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", main, how], {
      env: { PATH: process.env.PATH ?? "" },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const exited = once(child, "exit");
    const lines: { readonly [field: string]: unknown }[] = [];
    let said = "";
    child.stderr.on("data", (chunk) => (said += chunk));
    const read = (async () => {
      for await (const line of createInterface(child.stdout)) {
        const entry = JSON.parse(line);
        lines.push(entry);
        for (const [after, signal] of signals) if (after === entry.msg) child.kill(signal);
      }
    })();
    const [code] = await exited;
    await read;
    return { code, said, last: lines.at(-1) };
  }

  it("stops and exits with 0, on either signal, while starting too", async () => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) {
      const { code, last } = await run("at-once", [["ready", signal]]);
      assert.deepEqual([code, last?.msg], [0, "stopped"]);
    }
    const { code, last } = await run("slow-start", [["starting", "SIGTERM"]]);
    assert.deepEqual([code, last?.msg], [0, "stopped"]);
  });

  it("exits with 1 and says what is left when it takes too long, or is told twice", async () => {
    const late = await run("never", [["ready", "SIGTERM"]]);
    assert.deepEqual([late.code, late.last?.msg, late.last?.left], [1, "not stopped within 1500 ms", ["a step"]]);
    const twice = await run("never", [
      ["ready", "SIGTERM"],
      ["stopping", "SIGTERM"],
    ]);
    assert.deepEqual([twice.code, twice.last?.msg, twice.last?.left], [1, "told to stop twice", ["a step"]]);
  });

  it("exits with 1 and the error when it cannot stop", async () => {
    const { code, said } = await run("badly", [["ready", "SIGTERM"]]);
    assert.equal(code, 1);
    assert.match(said, /cannot stop/);
  });
});

describe("a process that cannot start", () => {
  it("exits with 1 and the error, with mutual TLS and somebody to wait for as well", async () => {
    const { paths, remove } = writeTls(await issue(await newAuthority(), ["broadcaster"]));
    const main = fileURLToPath(new URL("support/failing-process.ts", import.meta.url));
    const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", main], {
      env: {
        PATH: process.env.PATH ?? "",
        TLS_CERT_FILE: paths.cert,
        TLS_KEY_FILE: paths.key,
        TLS_CA_FILE: paths.ca,
        GRPC_BIND_ADDR: "127.0.0.1:0",
        HTTP_BIND_ADDR: "127.0.0.1:0",
      },
      stdio: ["ignore", "ignore", "pipe"],
    });
    let said = "";
    child.stderr.on("data", (chunk) => (said += chunk));
    try {
      const [code] = await once(child, "close", { signal: AbortSignal.timeout(9_000) });
      assert.equal(code, 1);
      assert.match(said, /cannot start/);
    } finally {
      child.kill("SIGKILL");
      remove();
    }
  }).timeout(10_000);
});

async function freePort(): Promise<number> {
  const hosted = await host(oneMethod(() => ({})));
  const { port } = new URL(hosted.listeners.httpUrl);
  await hosted.stop();
  return Number(port);
}
