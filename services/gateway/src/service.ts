import type { Transport } from "@connectrpc/connect";
import { authenticateWallet, revocationsOf, WalletSlots } from "@outlayer/access";
import { type Logger, type Metrics, noMetrics, type Ports, type Readiness, type Service } from "@outlayer/kit";
import { plannerClient } from "./adapters/planner.ts";
import { recordsClient } from "./adapters/records.ts";
import { signInsClient } from "./adapters/sign-ins.ts";
import type { GatewayConfig } from "./config.ts";
import type { Endpoint } from "./core/endpoint.ts";
import { openApiDocument } from "./core/openapi/document.ts";
import { RecordTexts } from "./core/record-texts.ts";
import { createRestServer } from "./http/server.ts";
import { cancelWorkflow } from "./rest/cancel-workflow.ts";
import { createChallenge } from "./rest/create-challenge.ts";
import { deriveAccount } from "./rest/derive-account.ts";
import { docs } from "./rest/docs.ts";
import { executeDirectUserCall } from "./rest/execute-direct-user-call.ts";
import { executeSequentialBatch } from "./rest/execute-sequential-batch.ts";
import { executeWorkflow } from "./rest/execute-workflow.ts";
import { getAccount } from "./rest/get-account.ts";
import { getDirectUserCall } from "./rest/get-direct-user-call.ts";
import { getDirectUserKeyStatus } from "./rest/get-direct-user-key-status.ts";
import { getPreflight } from "./rest/get-preflight.ts";
import { getQuotes } from "./rest/get-quotes.ts";
import { getSequentialBatch } from "./rest/get-sequential-batch.ts";
import { getStaleKeys } from "./rest/get-stale-keys.ts";
import { getWorkflow } from "./rest/get-workflow.ts";
import { livez, readyz } from "./rest/health.ts";
import { openApi } from "./rest/openapi.ts";
import { planWorkflow } from "./rest/plan-workflow.ts";
import { preflightWorkflow } from "./rest/preflight-workflow.ts";
import { prepareDirectUserKey } from "./rest/prepare-direct-user-key.ts";
import { sessionKeys } from "./rest/session-keys.ts";
import { signIn } from "./rest/sign-in.ts";
import { signOut } from "./rest/sign-out.ts";
import { workflowEvents } from "./rest/workflow-events.ts";

export interface GatewayDeps {
  readonly ports: Pick<Ports, "clock" | "timers" | "random">;
  readonly logger: Logger;
  readonly metrics?: Metrics;
  /** Shared with REST's `/readyz`. */
  readonly readiness: Readiness;
  /** Transports to the other services. */
  readonly transports: {
    readonly planner: Transport;
    readonly evidence: Transport;
  };
}

/** A service without RPCs that serves REST on an address of its own. */
export interface Gateway extends Service {
  /** `http://host:port` of the REST listener, once started. */
  restUrl(): string;
}

/** HTTP in front of the planner and the records. It decides nothing, and keeps only texts of records. */
export function createGateway(
  config: GatewayConfig,
  { ports, logger, metrics = noMetrics, readiness, transports }: GatewayDeps,
): Gateway {
  const { clock, timers, random } = ports;
  const stopping = new AbortController();
  const planner = plannerClient(transports.planner);
  const records = recordsClient(transports.evidence);
  const reading = { records, texts: new RecordTexts(), logger, stopping: stopping.signal };
  const executing = { ...reading, planner, executeWaitSecs: config.executeWaitSecs };
  const { sessions } = config.credentials;
  const { gateId, executeWaitSecs } = config;
  const document = openApiDocument({ gateId, executeWaitSecs });
  const signIns = signInsClient(transports.planner);
  const revocations = revocationsOf(transports.evidence, clock);

  const endpoints: readonly Endpoint[] = [
    planWorkflow(planner),
    preflightWorkflow(planner),
    executeWorkflow(executing),
    getWorkflow(reading),
    cancelWorkflow(executing),
    workflowEvents({ ...reading, timers }),
    executeSequentialBatch(executing),
    getSequentialBatch(reading),
    prepareDirectUserKey(planner),
    getDirectUserKeyStatus(planner),
    getAccount(planner),
    getStaleKeys(planner),
    deriveAccount(planner),
    getQuotes(planner),
    executeDirectUserCall(executing),
    getDirectUserCall(reading),
    getPreflight(planner),
    // Without keys nobody can sign in, and there is nothing at these paths.
    ...(sessions === undefined
      ? []
      : [createChallenge(signIns), signIn(signIns), signOut(signIns, revocations), sessionKeys(sessions)]),
    openApi(document),
    docs(document),
    livez,
    readyz(readiness),
  ];
  const server = createRestServer({
    endpoints,
    authenticate: (headers) => authenticateWallet(headers, config.credentials, { clock, revocations }),
    slots: new WalletSlots(config.slots),
    maxConnections: config.maxConnections,
    corsOrigins: config.corsOrigins,
    stopping: stopping.signal,
    logger,
    metrics,
    clock,
    timers,
    random,
  });

  return {
    routes: { name: "gateway", services: [], callers: {}, register: () => {} },
    async start() {
      await server.listen(config.bind);
      logger.info({ rest: server.url() }, "REST is served");
    },
    async stop() {
      stopping.abort();
      await server.close();
    },
    restUrl: () => server.url(),
  };
}
