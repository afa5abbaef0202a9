import { createClient, type Transport } from "@connectrpc/connect";
import { PlannerService } from "@outlayer/contracts/outlayer/planner/v1/planner";
import type { Planner } from "../core/ports.ts";
import { internalError, Problem } from "../core/problem.ts";
import { callUpstream } from "./upstream-call.ts";

const notRead = "the account cannot be read now: try again";
const notQuoted = "quotes are not to be had now: try again";
const notPlanned = "the planner does not answer now: try again";
/** Said when it is unknown whether a request was recorded: a second one without a key, or under another, could pay twice. */
const perhapsRecorded =
  "no answer: the request may have been recorded; send it again under the same idempotency key only";

/** Said when it is unknown whether a cancel request was recorded: repeating it does no harm. */
const perhapsCancelled = "no answer: the wish to cancel may have been recorded; ask again";

export function plannerClient(transport: Transport): Planner {
  const client = createClient(PlannerService, transport);
  return {
    async plan(body, call) {
      const request = { body: { case: "workflowJson" as const, value: body } };
      const { plan } = await callUpstream({ ...call, lost: notPlanned }, (options) => client.plan(request, options));
      return given(plan, "plan");
    },
    async preflight(body, call) {
      const request = body === undefined ? {} : { body: { case: "workflowJson" as const, value: body } };
      const { preflight } = await callUpstream({ ...call, lost: notPlanned }, (options) =>
        client.preflight(request, options),
      );
      return given(preflight, "preflight");
    },
    async executeWorkflow(body, idempotencyKeys, call) {
      const request = { body: { case: "workflowJson" as const, value: body }, idempotencyKeys: [...idempotencyKeys] };
      const { record } = await callUpstream({ ...call, lost: perhapsRecorded }, (options) =>
        client.executeWorkflow(request, options),
      );
      return given(record, "record");
    },
    async executeSequentialBatch(body, idempotencyKeys, call) {
      const request = { body: { case: "batchJson" as const, value: body }, idempotencyKeys: [...idempotencyKeys] };
      const { record } = await callUpstream({ ...call, lost: perhapsRecorded }, (options) =>
        client.executeSequentialBatch(request, options),
      );
      return given(record, "record");
    },
    prepareDirectUserKey(body, call) {
      const request = { body: { case: "scopeJson" as const, value: body } };
      return callUpstream({ ...call, lost: notPlanned }, (options) => client.prepareDirectUserKey(request, options));
    },
    directUserKeyStatus({ methodNames, ...scope }, call) {
      const request = { scope: { ...scope, methodNames: [...methodNames] } };
      return callUpstream({ ...call, lost: notPlanned }, (options) => client.getDirectUserKeyStatus(request, options));
    },
    async getAccount({ accountId, publicKey, tokenIds }, call) {
      const request = { accountId, tokenIds: [...tokenIds], ...(publicKey === undefined ? {} : { publicKey }) };
      const { account } = await callUpstream({ ...call, lost: notRead }, (options) =>
        client.getAccount(request, options),
      );
      return given(account, "account");
    },
    async getStaleKeys(accountId, call) {
      const { staleKeys } = await callUpstream({ ...call, lost: notRead }, (options) =>
        client.getStaleKeys({ accountId }, options),
      );
      return given(staleKeys, "list of keys");
    },
    deriveAccount(body, call) {
      const request = { body: { case: "keyJson" as const, value: body } };
      return callUpstream({ ...call, lost: notRead }, (options) => client.deriveAccount(request, options));
    },
    getQuotes(body, call) {
      const request = { body: { case: "quoteJson" as const, value: body } };
      return callUpstream({ ...call, lost: notQuoted }, (options) => client.getQuotes(request, options));
    },
    async executeDirectUserCall(body, idempotencyKeys, call) {
      const request = { body: { case: "callJson" as const, value: body }, idempotencyKeys: [...idempotencyKeys] };
      const { record } = await callUpstream({ ...call, lost: perhapsRecorded }, (options) =>
        client.executeDirectUserCall(request, options),
      );
      return given(record, "record");
    },
    async cancelWorkflow(requestId, call) {
      try {
        const { record } = await callUpstream({ ...call, lost: perhapsCancelled }, (options) =>
          client.cancelWorkflow({ requestId }, options),
        );
        return given(record, "record");
      } catch (error) {
        if (error instanceof Problem && error.status === 404) return undefined;
        throw error;
      }
    },
  };
}

function given<T>(message: T | undefined, name: string): T {
  if (message === undefined) throw internalError(new Error(`the planner answered without a ${name}`));
  return message;
}
