import type { ServiceImpl, Transport } from "@connectrpc/connect";
import { PlannerService } from "@outlayer/contracts/outlayer/planner/v1/planner";
import type { Logger, Ports, Service } from "@outlayer/kit";
import { preflightAsker } from "./adapters/ask-preflight.ts";
import { factFetcher } from "./adapters/fetch-facts.ts";
import { recordFinder } from "./adapters/find-record.ts";
import { workflowOpener } from "./adapters/open-workflow.ts";
import type { PlannerConfig } from "./config.ts";
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
export function createPlanner({ credentials, limits }: PlannerConfig, deps: PlannerDeps): Service {
  const { ports, logger, transports } = deps;
  const fetchFacts = factFetcher({ ...transports, gateId: limits.gateId, timers: ports.timers, logger });
  const openWorkflow = workflowOpener(transports.evidence);
  const findRecord = recordFinder(transports.evidence);
  const planning = { credentials, limits, fetchFacts };
  const preflighting = { ...planning, findRecord, askPreflight: preflightAsker(transports.broadcaster, ports.timers) };
  const executing = { ...planning, openWorkflow, findRecord, ids: ports.ids };

  const planner = {
    plan: (request, { requestHeader, signal }) => planWorkflow(planning, request, requestHeader, signal),
    preflight: (request, { requestHeader, signal }) => preflight(preflighting, request, requestHeader, signal),
    executeWorkflow: (request, { requestHeader, signal }) => executeWorkflow(executing, request, requestHeader, signal),
    executeSequentialBatch: (request, { requestHeader, signal }) =>
      executeSequentialBatch(executing, request, requestHeader, signal),
  } satisfies ServiceImpl<typeof PlannerService>;

  return {
    routes: {
      name: "planner",
      services: [PlannerService],
      internal: [],
      register: (router) => {
        router.service(PlannerService, planner);
      },
    },
    async start() {},
    async stop() {},
  };
}
