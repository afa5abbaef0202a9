import { three } from "../../test/support/steps.ts";
import type { Bare } from "./bare.ts";
import type { BenchSystem } from "./bench-system.ts";
import type { Garbage } from "./garbage.ts";
import { type Load, requestText } from "./load.ts";
import { type LoadResult, marker } from "./load-process.ts";

export const ids = Array.from({ length: 32 }, (_, index) => `bench-${index + 1}`);
export const calls = ["plan", "status", "history", "accept"] as const;
export type Call = (typeof calls)[number];

/** What is measured, in one of its shapes. */
export interface Shape {
  readonly name: "embedded" | "processes";
  readonly restUrl: string;
  readonly evidenceUrl: string;
  readonly token: string;
  readonly rest: BenchSystem["rest"];
  /** Processor time so far, milliseconds, and garbage since the last call where that is known. */
  used(): Promise<{ readonly cpuMs: number; readonly garbage?: Garbage }>;
  /** Stops the devnet's blocks, or lets them go on. */
  blocks(what: "stop" | "go"): Promise<void>;
  stop(): Promise<void>;
}

/** The product in one process. */
export function embeddedShape(system: BenchSystem): Shape {
  const { rest: restUrl, http, internal_token: token } = system.info;
  return {
    name: "embedded",
    restUrl,
    evidenceUrl: http.evidence,
    token,
    rest: (walletId) => system.rest(walletId),
    used: () => system.usage(),
    blocks: (what) => system.control("POST", `/${what}`),
    stop: () => system.stop(),
  };
}

/** The requests of a call, one by one in turn. @param requestIds of ended workflows of the wallets, in their order */
function requestsOf(call: Call, shape: Shape, requestIds: readonly string[]): readonly string[] {
  const run = Math.random().toString(36).slice(2);
  return ids.map((walletId, index) => {
    const headers = {
      "x-wallet-id": walletId,
      "x-internal-wallet-auth": shape.token,
      "content-type": "application/json",
    };
    const rest = (path: string) => new URL(`/wallet/v1/workflows${path}`, shape.restUrl);
    const requestId = requestIds[index] ?? "";
    switch (call) {
      case "plan":
        return requestText(rest("/plan"), "POST", headers, JSON.stringify({ steps: three }));
      case "status":
        return requestText(rest(`/${requestId}`), "GET", headers);
      case "history": {
        const url = new URL("/outlayer.evidence.v1.RecordService/GetHistory", shape.evidenceUrl);
        return requestText(url, "POST", headers, JSON.stringify({ requestId }));
      }
      case "accept": {
        const body = JSON.stringify({ steps: three, idempotency_key: `${run}-${marker}` });
        return requestText(rest("/execute"), "POST", { ...headers, prefer: "wait=0" }, body);
      }
      default:
        return call satisfies never;
    }
  });
}

export interface Cell {
  readonly call: Call;
  readonly shape: Shape["name"];
  readonly inFlight: number;
  readonly bare: LoadResult;
  readonly got: LoadResult;
  readonly cpuMs: number;
  readonly garbage: Garbage | undefined;
}

export async function measure(
  { bare, load, seconds }: { readonly bare: Bare; readonly load: Load; readonly seconds: number },
  shape: Shape,
  call: Call,
  inFlight: number,
  requestIds: readonly string[],
): Promise<Cell> {
  const requests = requestsOf(call, shape, requestIds);
  const { hostname: host, port } = new URL(call === "history" ? shape.evidenceUrl : shape.restUrl);
  const times = { inFlight, warmMs: seconds * 500, ms: seconds * 1000 };
  let before = await shape.used();
  const got = await load.run({ host, port: Number(port), requests, ...times }, async () => {
    before = await shape.used();
  });
  const after = await shape.used();
  await bare.tell(got.sample);
  const own = requests.map((text) => text.replace(/^host: .*$/m, `host: 127.0.0.1:${bare.port}`));
  const beside = await load.run({ host: "127.0.0.1", port: bare.port, requests: own, ...times }, async () => {});
  const cpuMs = (after.cpuMs - before.cpuMs) / Math.max(1, got.answers);
  return { call, shape: shape.name, inFlight, bare: beside, got, cpuMs, garbage: after.garbage };
}

export function perSecond({ answers, ms }: LoadResult): number {
  return (1000 * answers) / ms;
}

export function ratio({ got, bare }: Cell): number {
  return (100 * perSecond(got)) / perSecond(bare);
}

/** One workflow of each wallet, once all of them have ended. @returns their request ids */
export async function endedWorkflows(shape: Shape): Promise<readonly string[]> {
  return Promise.all(
    ids.map(async (walletId) => {
      const rest = shape.rest(walletId);
      const record = await rest.ended(await rest.begin(three), 120_000);
      if (record.status !== "succeeded") throw new Error(`${record.request_id}: ${record.user_visible_error}`);
      return record.request_id;
    }),
  );
}
