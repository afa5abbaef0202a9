import type { ServiceImpl, Transport } from "@connectrpc/connect";
import { PlannerService } from "@outlayer/contracts/outlayer/planner/v1/planner";
import { type Logger, type Ports, type Service, walletCallerOf } from "@outlayer/kit";
import { preflightAsker } from "./adapters/ask-preflight.ts";
import { directUserKeys } from "./adapters/direct-user-keys.ts";
import { factFetcher } from "./adapters/fetch-facts.ts";
import { recordFinder } from "./adapters/find-record.ts";
import { workflowOpener } from "./adapters/open-workflow.ts";
import { cancelRequester } from "./adapters/request-cancel.ts";
import { callers } from "./callers.ts";
import type { PlannerConfig } from "./config.ts";
import { cancelWorkflow } from "./rpc/cancel-workflow.ts";
import { executeDirectUserCall, getDirectUserKeyStatus, prepareDirectUserKey } from "./rpc/direct-user.ts";
import { executeSequentialBatch } from "./rpc/execute-sequential-batch.ts";
import { executeWorkflow } from "./rpc/execute-workflow.ts";
import { planWorkflow } from "./rpc/plan.ts";
import { preflight } from "./rpc/preflight.ts";

export interface PlannerDeps {
  readonly ports: Pick<Ports, "timers" | "ids">;
  readonly logger: Logger;
  /** How the other services are reached. */
  readonly transports: {
    readonly signerProxy: Transport;
    readonly broadcaster: Transport;
    readonly evidence: Transport;
  };
}

/** Plans requests and opens workflows. Keeps nothing. */
export function createPlanner(config: PlannerConfig, deps: PlannerDeps): Service {
  const { credentials, limits, networkId, directUserScopes: scopes } = config;
  const { ports, logger, transports } = deps;
  const fetchFacts = factFetcher({ ...transports, gateId: limits.gateId, timers: ports.timers, logger });
  const openWorkflow = workflowOpener(transports.evidence);
  const findRecord = recordFinder(transports.evidence);
  const planning = { limits, fetchFacts };
  const preflighting = { ...planning, findRecord, askPreflight: preflightAsker(transports.broadcaster, ports.timers) };
  const executing = { ...planning, openWorkflow, findRecord, ids: ports.ids };

  const keys = directUserKeys({ ...transports, timers: ports.timers });
  const cancelling = { requestCancel: cancelRequester(transports.evidence) };
  const directUser = { scopes, networkId, keys };

  const planner = {
    plan: (request, { values, signal }) => planWorkflow(planning, request, walletCallerOf(values), signal),
    preflight: (request, { values, signal }) => preflight(preflighting, request, walletCallerOf(values), signal),
    executeWorkflow: (request, { values, signal }) =>
      executeWorkflow(executing, request, walletCallerOf(values), signal),
    executeSequentialBatch: (request, { values, signal }) =>
      executeSequentialBatch(executing, request, walletCallerOf(values), signal),
    prepareDirectUserKey: (request, { values, signal }) =>
      prepareDirectUserKey(directUser, request, walletCallerOf(values), signal),
    getDirectUserKeyStatus: (request, { values, signal }) =>
      getDirectUserKeyStatus(directUser, request, walletCallerOf(values), signal),
    executeDirectUserCall: (request, { values, signal }) =>
      executeDirectUserCall({ ...executing, scopes }, request, walletCallerOf(values), signal),
    cancelWorkflow: (request, { values, signal }) =>
      cancelWorkflow(cancelling, request, walletCallerOf(values), signal),
  } satisfies ServiceImpl<typeof PlannerService>;

  return {
    routes: {
      name: "planner",
      services: [PlannerService],
      callers,
      wallets: { credentials, vouchedBy: ["gateway"] },
      register: (router) => {
        router.service(PlannerService, planner);
      },
    },
    async start() {},
    async stop() {},
  };
}
