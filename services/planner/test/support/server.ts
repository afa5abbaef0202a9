import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { Code, ConnectError, createClient, type ServiceImpl } from "@connectrpc/connect";
import {
  defaultWalletSlots,
  type SessionTerms,
  type WalletSlotLimits,
  walletApiKeys,
  walletClients,
} from "@outlayer/access";
import { BroadcasterService } from "@outlayer/contracts/outlayer/broadcaster/v1/broadcaster";
import type { Opened } from "@outlayer/contracts/outlayer/evidence/v1/event";
import { LogService, type OpenWorkflowRequest } from "@outlayer/contracts/outlayer/evidence/v1/log_service";
import { RecordService } from "@outlayer/contracts/outlayer/evidence/v1/record_service";
import { SessionService } from "@outlayer/contracts/outlayer/evidence/v1/session_service";
import { PlannerService } from "@outlayer/contracts/outlayer/planner/v1/planner";
import { SignInService } from "@outlayer/contracts/outlayer/planner/v1/sign_in_service";
import { SignerProxyService } from "@outlayer/contracts/outlayer/signer_proxy/v1/signer_proxy";
import { type Record, RecordSchema } from "@outlayer/contracts/outlayer/workflow/v1/record";
import {
  accepts,
  createLogger,
  inMemoryTransport,
  invalid,
  type Ports,
  Refusal,
  type RpcGuards,
  type RpcRoutes,
  systemPorts,
} from "@outlayer/kit";
import { counterScope } from "@outlayer/workflow";
import type { QuoteSourcesConfig } from "../../src/config.ts";
import type { Limits } from "../../src/core/facts.ts";
import { createPlanner } from "../../src/service.ts";
import { limits, walletAccount } from "./planning.ts";

/** Of `wallet-1`. */
export const apiKey = "wk_good_0123456789abcdefghij";

type SignerProxy = ServiceImpl<typeof SignerProxyService>;
type Broadcaster = ServiceImpl<typeof BroadcasterService>;
type Log = ServiceImpl<typeof LogService>;

/** What the other services do in a test, where they do not just work. */
export interface Others {
  readonly getAccount?: SignerProxy["getAccount"];
  readonly getGateFacts?: Broadcaster["getGateFacts"];
  readonly getPayloadFacts?: Broadcaster["getPayloadFacts"];
  readonly preflight?: Broadcaster["preflight"];
  /** The account on NEAR and in the verifier. */
  readonly readAccount?: Broadcaster["getAccount"];
  readonly useChallenge?: ServiceImpl<typeof SessionService>["useChallenge"];
  readonly openWorkflow?: Log["openWorkflow"];
  readonly getRecord?: ServiceImpl<typeof RecordService>["getRecord"];
  readonly countPlan?: Log["countPlan"];
  readonly listLeases?: Log["listLeases"];
  readonly gates?: Limits["gates"];
  readonly slots?: WalletSlotLimits;
  readonly quoteSources?: Partial<QuoteSourcesConfig>;
  readonly sessions?: SessionTerms;
  readonly timers?: Ports["timers"];
  readonly clock?: Ports["clock"];
}

export interface LogLine {
  readonly level: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

/** A check as the broadcaster makes it. */
export const rpcCheck = { name: "rpc", class: "waiting", ok: true, expected: "e", actual: "a", message: "m" };

/** A planner behind its guards, with other services in the same process that count what they are asked. */
export function startPlanner(others: Others = {}) {
  const asked: string[] = [];
  const opened: OpenWorkflowRequest[] = [];
  const lines: LogLine[] = [];
  const guards: RpcGuards = {
    logger: createLogger("test", "trace", { write: (line: string) => lines.push(JSON.parse(line)) }),
    serviceToken: "service-token",
  };
  const signerProxy: Partial<SignerProxy> = {
    async getAccount(request, context) {
      asked.push(`account of ${request.walletId}`);
      return others.getAccount === undefined
        ? { accountId: walletAccount, publicKey: "ed25519:x" }
        : others.getAccount(request, context);
    },
  };
  const broadcaster: Partial<Broadcaster> = {
    async getGateFacts(request, context) {
      asked.push(`facts of ${request.gateId}`);
      return others.getGateFacts === undefined
        ? { feeTiers: [3, 6, 12].map((cap) => ({ cap, feeYocto: "1", resumeGas: "1" })), submitGas: "10" }
        : others.getGateFacts(request, context);
    },
    async getPayloadFacts(request, context) {
      asked.push(`facts of ${request.payloads.length} payloads`);
      if (others.getPayloadFacts === undefined) throw new Refusal(Code.Unavailable, "not asked in this test");
      return others.getPayloadFacts(request, context);
    },
    async getAccount(request, context) {
      if (others.readAccount === undefined) throw new Refusal(Code.Unavailable, "not asked in this test");
      return others.readAccount(request, context);
    },
    async preflight(request, context) {
      asked.push(`preflight of ${request.walletId}, ${request.calls.length} calls`);
      return others.preflight === undefined
        ? { preflight: { ready: true, checks: [rpcCheck], finalHeight: 7n } }
        : others.preflight(request, context);
    },
  };
  const log: Partial<Log> = {
    async openWorkflow(request, context) {
      opened.push(request);
      return (others.openWorkflow ?? evidence())(request, context);
    },
    async listLeases(request, context) {
      asked.push("leases");
      return others.listLeases === undefined ? {} : others.listLeases(request, context);
    },
    async countPlan(request, context) {
      return others.countPlan === undefined ? {} : others.countPlan(request, context);
    },
  };
  const records: Partial<ServiceImpl<typeof RecordService>> = {
    async getRecord(request, context) {
      asked.push(`record ${request.requestId} of ${request.endpoint}`);
      if (others.getRecord === undefined) throw new Refusal(Code.NotFound, "not there");
      return others.getRecord(request, context);
    },
  };
  const transport = (routes: RpcRoutes) => inMemoryTransport(routes, guards, "planner");
  const system = systemPorts();
  const service = createPlanner(
    {
      rereadGates: undefined,
      limits: { ...limits, gates: others.gates ?? limits.gates },
      costs: { ownGas: 1n, callbackGas: 1n, feeYocto: 10n },
      gateBusyWorkflows: 10,
      slots: others.slots ?? defaultWalletSlots,
      directUserScopes: [counterScope],
      networkId: "mainnet",
      walletUrl: undefined,
      quoteSources: { oneClick: undefined, messageBus: undefined, ...others.quoteSources },
      credentials: {
        internalTokens: ["internal"],
        apiKeys: walletApiKeys(JSON.stringify({ [apiKey]: "wallet-1" })),
        sessions: others.sessions,
      },
    },
    {
      ports: { ...system, timers: others.timers ?? system.timers, clock: others.clock ?? system.clock },
      logger: guards.logger,
      transports: {
        signerProxy: transport({
          name: "signer-proxy",
          services: [SignerProxyService],
          callers: { "outlayer.signer_proxy.v1.SignerProxyService/GetAccount": ["planner"] },
          register: (router) => void router.service(SignerProxyService, signerProxy),
        }),
        broadcaster: transport({
          name: "broadcaster",
          services: [BroadcasterService],
          callers: accepts(BroadcasterService, {
            getGateFacts: ["planner"],
            getDirectUserKey: ["planner"],
            getAccount: ["planner"],
            getPayloadFacts: ["planner"],
            preflight: ["planner"],
            listPartitions: ["planner"],
          }),
          register: (router) => void router.service(BroadcasterService, broadcaster),
        }),
        evidence: transport({
          name: "evidence",
          services: [LogService, RecordService, SessionService],
          callers: {
            "outlayer.evidence.v1.LogService/OpenWorkflow": ["planner"],
            "outlayer.evidence.v1.LogService/CountPlan": ["planner"],
            "outlayer.evidence.v1.LogService/ListLeases": ["planner"],
            "outlayer.evidence.v1.RecordService/GetRecord": "clients",
            "outlayer.evidence.v1.SessionService/UseChallenge": ["planner"],
          },
          clients: walletClients({
            credentials: { internalTokens: [], apiKeys: new Map() },
            sessionCheck: { clock: system.clock, revocations: { isRevoked: async () => false } },
            vouchedBy: ["planner"],
          }),
          register: (router) =>
            void router
              .service(LogService, log)
              .service(RecordService, records)
              .service(SessionService, { useChallenge: others.useChallenge ?? (async () => ({})) }),
        }),
      },
    },
  );
  // Outsiders are no service.
  const outside = inMemoryTransport(service.routes, guards, undefined);
  const signIns = createClient(SignInService, outside);
  return { client: createClient(PlannerService, outside), signIns, asked, opened, lines };
}

/** Evidence, as far as a planner sees it: one record per wallet and key, and only one request for it. */
export function evidence(): Log["openWorkflow"] {
  const known = new Map<string, { readonly record: Record; readonly fingerprint: string }>();
  return async ({ requestId, opened }) => {
    if (opened === undefined) throw invalid("opened is required");
    const key = `${opened.walletId} ${opened.idempotencyKey}`;
    const found = known.get(key);
    if (found === undefined) {
      const record = recordOf(requestId, opened);
      known.set(key, { record, fingerprint: opened.fingerprint });
      return { record, created: true };
    }
    if (found.fingerprint !== opened.fingerprint) throw new Refusal(Code.AlreadyExists, "another request");
    return { record: found.record, created: false };
  };
}

function recordOf(requestId: string, opened: Opened): Record {
  const init: MessageInitShape<typeof RecordSchema> = {
    requestId,
    endpoint: opened.endpoint,
    walletId: opened.walletId,
    idempotencyKey: opened.idempotencyKey,
    status: opened.ended?.status ?? "planned",
    planJson: opened.planJson,
  };
  return create(RecordSchema, init);
}

/** The credentials of a wallet. */
export const asWallet = { headers: { "x-wallet-id": "wallet-1", "x-internal-wallet-auth": "internal" } };

/** The code and message with which a call fails. */
export async function failureOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
  } catch (error) {
    if (!(error instanceof ConnectError)) throw error;
    return `${Code[error.code]}: ${error.rawMessage}`;
  }
  return "succeeded";
}
