import type { HandlerContext, ServiceImpl, Transport } from "@connectrpc/connect";
import {
  areSameGates,
  type Gate,
  revocationsOf,
  WalletSlots,
  walletCallerOf,
  walletClients,
  workLogFields,
} from "@outlayer/access";
import { PlannerService } from "@outlayer/contracts/outlayer/planner/v1/planner";
import { SignInService } from "@outlayer/contracts/outlayer/planner/v1/sign_in_service";
import { httpPost, type Logger, type Metrics, noMetrics, type Ports, Reread, type Service } from "@outlayer/kit";
import { type QuotaStanding, rateLimitHeaders } from "@outlayer/workflow";
import { preflightAsker } from "./adapters/ask-preflight.ts";
import { gateChooser } from "./adapters/choose-gate.ts";
import { planCounter } from "./adapters/count-plan.ts";
import { directUserKeys } from "./adapters/direct-user-keys.ts";
import { factSource } from "./adapters/fetch-facts.ts";
import { payloadFactSource } from "./adapters/fetch-payload-facts.ts";
import { recordFinder } from "./adapters/find-record.ts";
import { workflowOpener } from "./adapters/open-workflow.ts";
import { quoteSources } from "./adapters/quotes/sources.ts";
import { accountReader } from "./adapters/read-account.ts";
import { cancelRequester } from "./adapters/request-cancel.ts";
import { sessionMarks } from "./adapters/sessions.ts";
import { callers } from "./callers.ts";
import { assignable, dearestFee, type PlannerConfig } from "./config.ts";
import type { Limits } from "./core/facts.ts";
import type { OperatorCosts } from "./core/operator-bound.ts";
import { deriveAccount, getAccount, getStaleKeys } from "./rpc/accounts.ts";
import { cancelWorkflow } from "./rpc/cancel-workflow.ts";
import { executeDirectUserCall, getDirectUserKeyStatus, prepareDirectUserKey } from "./rpc/direct-user.ts";
import { executeSequentialBatch } from "./rpc/execute-sequential-batch.ts";
import { executeWorkflow } from "./rpc/execute-workflow.ts";
import { getQuotes } from "./rpc/get-quotes.ts";
import { planWorkflow } from "./rpc/plan.ts";
import { preflight } from "./rpc/preflight.ts";
import { boundedSignIn, createChallenge, listSessionKeys, signOut } from "./rpc/sign-in.ts";

export interface PlannerDeps {
  readonly ports: Pick<Ports, "clock" | "timers" | "ids" | "random">;
  readonly logger: Logger;
  readonly metrics?: Metrics;
  /** Transports to the other services. */
  readonly transports: {
    readonly signerProxy: Transport;
    readonly broadcaster: Transport;
    readonly evidence: Transport;
  };
}

/** The planner: it plans requests and opens workflows, and keeps only facts that plans share. */
export function createPlanner(config: PlannerConfig, deps: PlannerDeps): Service {
  const { credentials, networkId, walletUrl, directUserScopes: scopes } = config;
  const { ports, logger, metrics = noMetrics, transports } = deps;
  const reread = config.rereadGates && gatesFrom(config.rereadGates, { ports, logger, metrics });
  // Read at each use: gates may come, go and be drained meanwhile.
  const limits: Limits = {
    ...config.limits,
    get gates() {
      return reread?.current.map(assignable) ?? config.limits.gates;
    },
  };
  const costs: OperatorCosts = {
    ...config.costs,
    get feeYocto() {
      return reread === undefined ? config.costs.feeYocto : dearestFee(reread.current);
    },
  };
  const facts = factSource({ ...transports, ...ports, logger });
  const opener = workflowOpener(transports.evidence, costs, ports.clock);
  const openWorkflow = opener.open;
  const countPlan = planCounter(transports.evidence);
  const slots = new WalletSlots(config.slots);
  const findRecord = recordFinder(transports.evidence);
  const fetchPayloadFacts = payloadFactSource({ ...transports, timers: ports.timers, logger });
  const chooseGate = gateChooser({
    ...ports,
    evidence: transports.evidence,
    logger,
    gates: () => limits.gates,
    busyWorkflows: config.gateBusyWorkflows,
  });
  const planning = { limits, chooseGate, ...facts, fetchPayloadFacts };
  const preflighting = { ...planning, findRecord, askPreflight: preflightAsker(transports.broadcaster, ports.timers) };
  const executing = { ...planning, openWorkflow, findRecord, ids: ports.ids };

  const keys = directUserKeys({ ...transports, timers: ports.timers });
  const cancelling = { requestCancel: cancelRequester(transports.evidence) };
  const directUser = { scopes, networkId, keys };
  const accounts = {
    terms: { verifierId: limits.verifierId, networkId, walletUrl },
    readAccount: accountReader(transports.broadcaster, ports.timers),
  };

  const revocations = revocationsOf(transports.evidence, ports.clock);
  const signingIn = {
    ...sessionMarks(transports.evidence),
    sessions: credentials.sessions,
    keyTerms: accounts.terms,
    readAccount: accounts.readAccount,
    revocations,
    ports,
  };
  const signIn = boundedSignIn(signingIn);

  const sources = quoteSources(config.quoteSources, limits.oneClickKey, { post: httpPost, timers: ports.timers });
  const quoting = { limits, fetchFacts: facts.fetchFacts, fetchPayloadFacts, sources, logger };

  /** Runs a request in one of the wallet's slots for requests in flight. */
  const inFlight = <T>({ values }: HandlerContext, run: () => Promise<T>) =>
    slots.during(walletCallerOf(values).walletId, "requests_in_flight", run);

  /** The same for a request that is to be recorded, unless it would wait for too long. */
  const accepting = <T>(context: HandlerContext, run: () => Promise<T>) =>
    inFlight(context, () => {
      opener.refuseWhileBehind(walletCallerOf(context.values).walletId);
      return run();
    });

  /** Counts a request first that costs calls to the keystore and the chain and leaves no record. */
  const counted = <T>(context: HandlerContext, run: () => Promise<T>) =>
    inFlight(context, async () => {
      const { walletId } = walletCallerOf(context.values);
      setRateLimits(context, await countPlan(walletId, context.signal));
      return run();
    });

  /** Like `executing`, and adds the quotas' standings to the response headers. */
  const executingFor = (context: HandlerContext): typeof executing => ({
    ...executing,
    async openWorkflow(...request) {
      const result = await openWorkflow(...request);
      if (result.kind === "opened") setRateLimits(context, result.quotas);
      return result;
    },
  });

  const planner = {
    plan: (request, context) =>
      counted(context, () => planWorkflow(planning, request, walletCallerOf(context.values), context.signal)),
    preflight: (request, context) =>
      counted(context, () => preflight(preflighting, request, walletCallerOf(context.values), context.signal)),
    executeWorkflow: (request, context) =>
      accepting(context, () =>
        executeWorkflow(executingFor(context), request, walletCallerOf(context.values), context.signal),
      ),
    executeSequentialBatch: (request, context) =>
      accepting(context, () =>
        executeSequentialBatch(executingFor(context), request, walletCallerOf(context.values), context.signal),
      ),
    prepareDirectUserKey: (request, context) =>
      counted(context, () => prepareDirectUserKey(directUser, request, walletCallerOf(context.values), context.signal)),
    getDirectUserKeyStatus: (request, context) =>
      counted(context, () =>
        getDirectUserKeyStatus(directUser, request, walletCallerOf(context.values), context.signal),
      ),
    executeDirectUserCall: (request, context) =>
      accepting(context, () =>
        executeDirectUserCall(
          { ...executingFor(context), scopes },
          request,
          walletCallerOf(context.values),
          context.signal,
        ),
      ),
    getAccount: (request, context) => counted(context, () => getAccount(accounts, request, context.signal)),
    getStaleKeys: (request, context) => counted(context, () => getStaleKeys(accounts, request, context.signal)),
    deriveAccount: (request, context) => inFlight(context, async () => deriveAccount(request)),
    getQuotes: (request, context) =>
      counted(context, () => getQuotes(quoting, request, walletCallerOf(context.values), context.signal)),
    cancelWorkflow: (request, context) =>
      inFlight(context, () => cancelWorkflow(cancelling, request, walletCallerOf(context.values), context.signal)),
  } satisfies ServiceImpl<typeof PlannerService>;
  const signInService = {
    createChallenge: (request) => createChallenge(signingIn, request),
    signIn: (request, { signal }) => signIn(request, signal),
    signOut: (_request, context) =>
      inFlight(context, () => signOut(signingIn, walletCallerOf(context.values), context.signal)),
    listSessionKeys: () => listSessionKeys(signingIn),
  } satisfies ServiceImpl<typeof SignInService>;

  return {
    routes: {
      name: "planner",
      services: [PlannerService, SignInService],
      callers,
      clients: walletClients({
        credentials,
        sessionCheck: { clock: ports.clock, revocations },
        vouchedBy: ["gateway"],
      }),
      logFields: workLogFields,
      register: (router) => {
        router.service(PlannerService, planner);
        router.service(SignInService, signInService);
      },
    },
    async start() {
      reread?.start();
    },
    async stop() {
      reread?.stop();
    },
  };
}

function gatesFrom(read: () => readonly Gate[], { ports, logger, metrics }: Required<Omit<PlannerDeps, "transports">>) {
  return new Reread({
    what: "gates",
    read,
    isSame: areSameGates,
    timers: ports.timers,
    logger,
    metrics: { metrics, serviceName: "planner" },
  });
}

/** Sets the same rate limit headers as REST. */
function setRateLimits({ responseHeader }: HandlerContext, standings: readonly QuotaStanding[]): void {
  for (const [name, value] of Object.entries(rateLimitHeaders(standings))) responseHeader.set(name, value);
}
