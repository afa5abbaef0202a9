import type { ServiceImpl, Transport } from "@connectrpc/connect";
import { PlannerService } from "@outlayer/contracts/outlayer/planner/v1/planner";
import type { Logger, Ports, Service } from "@outlayer/kit";
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
  const planning = { credentials, limits, fetchFacts };
  const preflighting = { ...planning, findRecord, askPreflight: preflightAsker(transports.broadcaster, ports.timers) };
  const executing = { ...planning, openWorkflow, findRecord, ids: ports.ids };

  const keys = directUserKeys({ ...transports, timers: ports.timers });
  const cancelling = { credentials, requestCancel: cancelRequester(transports.evidence) };
  const directUser = { credentials, scopes, networkId, keys };

  const planner = {
    plan: (request, { requestHeader, signal }) => planWorkflow(planning, request, requestHeader, signal),
    preflight: (request, { requestHeader, signal }) => preflight(preflighting, request, requestHeader, signal),
    executeWorkflow: (request, { requestHeader, signal }) => executeWorkflow(executing, request, requestHeader, signal),
    executeSequentialBatch: (request, { requestHeader, signal }) =>
      executeSequentialBatch(executing, request, requestHeader, signal),
    prepareDirectUserKey: (request, { requestHeader, signal }) =>
      prepareDirectUserKey(directUser, request, requestHeader, signal),
    getDirectUserKeyStatus: (request, { requestHeader, signal }) =>
      getDirectUserKeyStatus(directUser, request, requestHeader, signal),
    executeDirectUserCall: (request, { requestHeader, signal }) =>
      executeDirectUserCall({ ...executing, scopes }, request, requestHeader, signal),
    cancelWorkflow: (request, { requestHeader, signal }) => cancelWorkflow(cancelling, request, requestHeader, signal),
  } satisfies ServiceImpl<typeof PlannerService>;

  return {
    routes: {
      name: "planner",
      services: [PlannerService],
      callers,
      register: (router) => {
        router.service(PlannerService, planner);
      },
    },
    async start() {},
    async stop() {},
  };
}
