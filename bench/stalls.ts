import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { prepareReplicas, type Replicas } from "@outlayer/distributed";
import { type Environment, type ServiceName, systemPorts } from "@outlayer/kit";
import { maxJsonValues } from "@outlayer/workflow";
import { startDevnetProcess } from "../embedded/src/devnet-process.ts";
import { localEnvironment } from "../embedded/src/local-environment.ts";
import { hostileBodies } from "../test/hostile/attacks/holds.ts";
import { lawful } from "../test/hostile/attacks/steps.ts";
import { Probes } from "../test/hostile/measure/probes.ts";
import { wideBounds } from "../test/support/product-environment.ts";
import { type Figure, holds, tableOf } from "./support/table.ts";

const usage = `usage: ./dev bench stalls [--body NAME]

Sends each body that costs its readers more than others of its size to every endpoint that takes one, three times, over REST
and over Connect, and tells for how long that held up the event loop of the gateway, the planner and evidence. Ends with 1 where one of
them was busy for more than 50 ms at a stretch.
`;

/** Limit of a round of the event loop, milliseconds, by the smaller of wall-clock and thread CPU time: the clock includes other load. */
const limitMs = 50;
const rounds = 3;
const blockTimeMs = 200;
const looked = ["gateway", "planner", "evidence"] as const satisfies readonly ServiceName[];
const walletId = "hostile";

const steps = JSON.stringify([lawful()]);
const almostAll = maxJsonValues - 20;
const fields = (count: number, name: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => `"${name(index)}":0`).join();
const perStep = Math.floor(almostAll / 99) - 6;
const ownStep = JSON.stringify(lawful()).slice(0, -1);

/** Bodies as large as bounds allow; anything beyond is refused as it is read. */
const bodies: Readonly<Record<string, string>> = {
  ...hostileBodies,
  "as many keys as may be, of the body": `{"steps":${steps},${fields(almostAll, (at) => `${at}`.padStart(30, "k"))}}`,
  "as many keys as may be, of a step": `{"steps":[${ownStep},${fields(almostAll, (at) => `k${at}`)}}]}`,
  "as many keys as may be, in arguments": `{"steps":[{"receiver_id":"register.near","method_name":"set","route":"gate_proxy","args_json":{${fields(almostAll, (at) => `k${at}`)}}}]}`,
  "as many texts as may be": `{"steps":${steps},"x":[${Array.from({ length: almostAll }, (_, at) => `"${`${at}`.padStart(40, "t")}"`).join()}]}`,
  "as many numbers as may be": `{"steps":${steps},"x":[${Array(almostAll).fill("1.2345678901234567e-300").join()}]}`,
  "as many steps as may be, of many keys": `{"steps":[${Array(99)
    .fill(`${ownStep},${fields(perStep, (at) => `k${at}`)}}`)
    .join()}]}`,
  "as many keys as may be, in depth": `{"steps":${steps},"x":[${Array(Math.floor(almostAll / 21))
    .fill(`${'{"a":'.repeat(20)}0${"}".repeat(20)}`)
    .join()}]}`,
  "as many long keys as may be": `{"steps":${steps},"x":{${fields(240, (at) => `${at}`.padStart(1_000, "k"))}}}`,
};

const endpoints: readonly [path: string, method: string][] = [
  ["/wallet/v1/workflows/plan", "Plan"],
  ["/wallet/v1/workflows/preflight", "Preflight"],
  ["/wallet/v1/workflows/execute", "ExecuteWorkflow"],
  ["/wallet/v1/sequential-batch", "ExecuteSequentialBatch"],
  ["/wallet/v1/direct-user/function-call-key/prepare", "PrepareDirectUserKey"],
  ["/wallet/v1/direct-user/function-call/execute", "ExecuteDirectUserCall"],
];

/** By method: the field of its request that takes REST's body as text. */
const textOf: Readonly<Record<string, string>> = {
  Plan: "workflowJson",
  Preflight: "workflowJson",
  ExecuteWorkflow: "workflowJson",
  ExecuteSequentialBatch: "batchJson",
  PrepareDirectUserKey: "scopeJson",
  ExecuteDirectUserCall: "callJson",
};

async function send(replicas: Replicas, token: string, body: string): Promise<void> {
  const headers = {
    "x-wallet-id": walletId,
    "x-internal-wallet-auth": token,
    "content-type": "application/json",
    prefer: "wait=0",
  };
  const ask = async (url: string, text: string) => {
    const response = await fetch(url, { method: "POST", headers, body: text });
    await response.text();
    if (response.status >= 500 && response.status !== 503) throw new Error(`${url}: ${response.status}`);
  };
  for (const [path, method] of endpoints) {
    await ask(`${replicas.restUrl()}${path}`, body);
    const name = textOf[method] ?? "";
    const planner = `${replicas.httpUrl("planner")}/outlayer.planner.v1.PlannerService/${method}`;
    await ask(planner, JSON.stringify({ [name]: body }));
  }
}

async function measure(only: string | undefined): Promise<boolean> {
  await using started = new AsyncDisposableStack();
  const directory = mkdtempSync(join(tmpdir(), "stalls-"));
  started.defer(() => rmSync(directory, { recursive: true, force: true }));
  const devnet = await startDevnetProcess(blockTimeMs);
  started.defer(devnet.stop);
  const probes = new Probes();
  started.defer(() => probes.remove());
  const environment: Environment = {
    ...localEnvironment(devnet.info, blockTimeMs, systemPorts().random),
    ...wideBounds,
    DATABASE_URL: `sqlite:${join(directory, "evidence.sqlite")}`,
  };
  const replicas = await prepareReplicas({ environment, further: (name) => probes.variables(name) });
  started.defer(async () => void (await replicas.endAll()));
  await replicas.startAll();
  const token = environment.INTERNAL_WALLET_AUTH_TOKEN ?? "";
  // Warms up, so that compilation counts for no body.
  for (let round = 0; round < rounds; round++) await send(replicas, token, `{"steps":${steps}}`);
  const figures: Figure[] = [];
  for (const [name, body] of Object.entries(bodies)) {
    if (only !== undefined && name !== only) continue;
    await probes.loops();
    for (let round = 0; round < rounds; round++) await send(replicas, token, body);
    const readings = await probes.loops();
    for (const service of looked) {
      const reading = readings[service];
      if (reading === undefined) throw new Error(`${service} does not answer after: ${name}`);
      const { busyMs, stallMs } = reading;
      const target = { kind: "at most", value: limitMs } as const;
      figures.push({ name: `${name}: ${service}`, value: Math.min(stallMs, busyMs), unit: "ms", target });
    }
  }
  process.stdout.write(`${tableOf(figures)}\n`);
  return figures.every(holds);
}

const [option, value] = process.argv.slice(2);
if (option !== undefined && (option !== "--body" || value === undefined)) {
  process.stderr.write(usage);
  process.exit(2);
}
process.exitCode = (await measure(value)) ? 0 : 1;
