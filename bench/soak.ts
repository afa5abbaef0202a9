import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { freePorts, prepareReplicas } from "@outlayer/distributed";
import { type Environment, type ServiceName, serviceNames, systemPorts } from "@outlayer/kit";
import { borrowMongodb, borrowNats } from "@outlayer/test-servers";
import { type DevnetInfo, startDevnetProcess } from "../embedded/src/devnet-process.ts";
import { localEnvironment } from "../embedded/src/local-environment.ts";
import { Heap } from "./support/heap.ts";

const usage = `usage: ./dev bench soak [--workflows N] [--in-flight N] [--block-time-ms N] [--every N]

  --workflows N       one-call workflows to carry out, 10000 by default
  --in-flight N       how many at once, 50 by default
  --block-time-ms N   the devnet's, 20 by default
  --every N           workflows between two looks at the memory, 500 by default

Runs the five services as processes on a MongoDB and a NATS, and shows the heap of each, garbage collected, as it goes on. Exits with 1 where a
heap grows by 10 % or more from a fifth of the workflows to the end, or a workflow does not succeed.
`;

/** By so much a heap may grow from a fifth of the way to the end. */
const limit = 0.1;

const { workflows, inFlight, blockTimeMs, every } = readArguments();
const stops: (() => Promise<unknown>)[] = [];
const stopAll = async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
};
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void stopAll().then(() => process.exit(1)));

try {
  process.exitCode = (await soak()) ? 0 : 1;
} finally {
  await stopAll();
}

async function soak(): Promise<boolean> {
  say("Getting a MongoDB and a NATS ...");
  const mongodb = await borrowMongodb();
  stops.push(mongodb.stop);
  const nats = await borrowNats();
  stops.push(nats.stop);
  const devnet = await startDevnetProcess(blockTimeMs);
  stops.push(devnet.stop);
  await fund(devnet.info);
  const environment: Environment = {
    ...localEnvironment(devnet.info, blockTimeMs, systemPorts().random),
    DATABASE_URL: mongodb.url,
    NATS_URL: nats.url,
    LOG_LEVEL: "warn",
  };
  const inspectors = await freePorts(serviceNames.length);
  const portOf = (name: ServiceName) => inspectors[serviceNames.indexOf(name)] ?? 0;
  const replicas = await prepareReplicas({
    environment,
    further: (name) => ({ NODE_OPTIONS: `--inspect=127.0.0.1:${portOf(name)}` }),
  });
  stops.push(() => replicas.endAll());
  await replicas.startAll();
  const heaps = new Map<ServiceName, Heap>();
  for (const name of serviceNames) heaps.set(name, await Heap.of(portOf(name)));
  stops.push(async () => {
    for (const heap of heaps.values()) heap.close();
  });

  say(`${workflows} workflows of one call, ${inFlight} at a time, a block every ${blockTimeMs} ms; ${mongodb.name} and NATS.`);
  say("Heap in use after a collection, and resident memory, MB:\n");
  say(["workflows", "seconds", ...serviceNames, "devnet"].map((title) => title.padStart(14)).join(""));
  const looks: { readonly done: number; readonly heap: ReadonlyMap<ServiceName, number> }[] = [];
  const beganMs = performance.now();
  const look = async (done: number) => {
    const heap = new Map<ServiceName, number>();
    const cells: string[] = [];
    for (const name of serviceNames) {
      const used = (await heaps.get(name)?.used()) ?? 0;
      heap.set(name, used);
      cells.push(`${megabytes(used)} / ${megabytes(residentOf(replicas.running(name).pid))}`);
    }
    cells.push(megabytes(residentOf(devnet.pid)));
    looks.push({ done, heap });
    const seconds = ((performance.now() - beganMs) / 1000).toFixed(0);
    say([String(done), seconds, ...cells].map((cell) => cell.padStart(14)).join(""));
  };
  await look(0);
  const wallets = devnet.info.wallets.map(({ wallet_id }) => wallet_id);
  const failures: string[] = [];
  for (let done = 0; done < workflows; done += every) {
    await inParallel(Math.min(every, workflows - done), inFlight, async (index) => {
      const wallet = wallets[index % wallets.length] ?? "";
      const failure = await carryOut(replicas.restUrl(), wallet, environment.INTERNAL_WALLET_AUTH_TOKEN ?? "");
      if (failure !== undefined) failures.push(failure);
    });
    await look(Math.min(done + every, workflows));
  }
  return judge(looks, failures);
}

/** From a fifth of the way: by then everything that is kept for a while is there. */
function judge(
  looks: readonly { readonly done: number; readonly heap: ReadonlyMap<ServiceName, number> }[],
  failures: readonly string[],
): boolean {
  const first = looks.find(({ done }) => done >= workflows / 5);
  const last = looks.at(-1);
  if (first === undefined || last === undefined) return false;
  say(`\nGrowth of the heap from ${first.done} to ${last.done} workflows (less than ${100 * limit} % wanted):\n`);
  let isFlat = true;
  for (const name of serviceNames) {
    const growth = (last.heap.get(name) ?? 0) / (first.heap.get(name) ?? 1) - 1;
    isFlat &&= growth < limit;
    say(`  ${name.padEnd(14)} ${(100 * growth).toFixed(1).padStart(6)} %  ${growth < limit ? "flat" : "GROWS"}`);
  }
  say(`\n${workflows - failures.length} succeeded, ${failures.length} did not${failures.length > 0 ? `: ${failures[0]}` : "."}`);
  return isFlat && failures.length === 0;
}

/** @returns what became of it, where it did not succeed */
async function carryOut(restUrl: string, walletId: string, token: string): Promise<string | undefined> {
  const headers = {
    "content-type": "application/json",
    "x-wallet-id": walletId,
    "x-internal-wallet-auth": token,
    prefer: "wait=30",
  };
  const step = { kind: "intents.transfer", token: "nep141:wrap.near", amount: "1", receiver_id: "mike.near" };
  const request = { method: "POST", headers, body: JSON.stringify({ steps: [step] }) };
  let response = await fetch(`${restUrl}/wallet/v1/workflows/execute`, request);
  let body = (await response.json()) as { request_id: string; status: string; message?: string };
  while (response.status === 202) {
    response = await fetch(`${restUrl}/wallet/v1/workflows/${body.request_id}?wait=25`, { headers });
    body = (await response.json()) as typeof body;
  }
  return body.status === "succeeded" ? undefined : `${response.status} ${body.request_id} ${body.status} ${body.message}`;
}

async function inParallel(count: number, width: number, work: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < count) {
      next += 1;
      await work(next - 1);
    }
  };
  await Promise.all(Array.from({ length: width }, worker));
}

/** What of the operator's accounts so many workflows use up. */
async function fund({ devnet_control, relayer, approver, gate_id }: DevnetInfo): Promise<void> {
  for (const id of [relayer.account_id, approver.account_id, gate_id]) {
    const response = await fetch(`${devnet_control}/accounts/${id}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ balance: String(10n ** 29n) }),
    });
    if (!response.ok) throw new Error(`devnet control: ${await response.text()}`);
  }
}

function residentOf(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Number(kilobytes ?? 0) * 1024;
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function readArguments() {
  const text = { type: "string" } as const;
  try {
    const options = { workflows: text, "in-flight": text, "block-time-ms": text, every: text };
    const { values } = parseArgs({ options });
    const number = (given: string | undefined, byDefault: number) => {
      const value = given === undefined ? byDefault : Number(given);
      if (!Number.isSafeInteger(value) || value < 1) throw new Error(`not a positive integer: ${given}`);
      return value;
    };
    return {
      workflows: number(values.workflows, 10_000),
      inFlight: number(values["in-flight"], 50),
      blockTimeMs: number(values["block-time-ms"], 20),
      every: number(values.every, 500),
    };
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${usage}`);
    process.exit(2);
  }
}
