import type { DescMethod } from "@bufbuild/protobuf";
import { Code, ConnectError, createRouterTransport, type Transport } from "@connectrpc/connect";
import { RecordService } from "@outlayer/contracts/outlayer/evidence/v1/record_service";
import { SessionService } from "@outlayer/contracts/outlayer/evidence/v1/session_service";
import { PlannerService } from "@outlayer/contracts/outlayer/planner/v1/planner";
import { SignInService } from "@outlayer/contracts/outlayer/planner/v1/sign_in_service";

/** Called before a call goes through, with its method's name; what it throws, the caller gets from its own side. */
export type Intercept = (method: string, signal: AbortSignal | undefined) => void;

/** A transport that lets us see, and break, what goes through it. */
export function watched(real: Transport, intercept: Intercept): Transport {
  return {
    async unary(method, signal, ...rest) {
      intercept(nameOf(method), signal);
      return real.unary(method, signal, ...rest);
    },
    async stream(method, signal, ...rest) {
      intercept(nameOf(method), signal);
      return real.stream(method, signal, ...rest);
    },
  };
}

/** A stream that breaks off after so many messages, as when the other side dies. */
export function breakingOffAfter(real: Transport, count: number): Transport {
  return {
    unary: (...call) => real.unary(...call),
    async stream(...call) {
      const response = await real.stream(...call);
      return { ...response, message: firstOf(response.message, count) };
    },
  };
}

async function* firstOf<T>(messages: AsyncIterable<T>, count: number): AsyncGenerator<T> {
  let left = count;
  for await (const message of messages) {
    if (left-- === 0) throw new ConnectError("connect ECONNRESET 10.1.2.3:9004", Code.Aborted);
    yield message;
  }
}

/** Both upstreams, answering every call with this error. */
export function answering(error: () => Error): { readonly planner: Transport; readonly evidence: Transport } {
  const fail = () => {
    throw error();
  };
  const transport = createRouterTransport((router) => {
    router.service(PlannerService, {
      plan: fail,
      preflight: fail,
      executeWorkflow: fail,
      executeSequentialBatch: fail,
      prepareDirectUserKey: fail,
      getDirectUserKeyStatus: fail,
      executeDirectUserCall: fail,
      getAccount: fail,
      getStaleKeys: fail,
      deriveAccount: fail,
      getQuotes: fail,
      cancelWorkflow: fail,
    });
    router.service(SignInService, { createChallenge: fail, signIn: fail, signOut: fail });
    router.service(RecordService, { getRecord: fail });
    router.service(SessionService, { getSession: () => ({ revoked: false }) });
  });
  return { planner: transport, evidence: transport };
}

function nameOf(method: DescMethod): string {
  return method.name;
}
