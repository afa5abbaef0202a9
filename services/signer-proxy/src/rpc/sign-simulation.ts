import type { SignSimulationRequest } from "@outlayer/contracts/outlayer/signer_proxy/v1/signer_proxy";
import type { GateCall } from "@outlayer/contracts/outlayer/workflow/v1/call";
import { checkIntentsTerms, nep413Request, signedPayload } from "../core/intents-payload.ts";
import type { Keystore } from "../core/keystore.ts";
import { InvalidRequest } from "../core/problems.ts";
import { blockingToken, checkSimulationDeadline, simulationIntents } from "../core/simulation.ts";
import { statedUsage } from "../core/usage-statement.ts";
import { type PolicyDeps, policyVerdict } from "./check-policy.ts";
import { answering } from "./refusals.ts";

export interface SignSimulationDeps extends PolicyDeps {
  readonly keystore: Pick<Keystore, "checkPolicy" | "signNep413">;
}

/**
 * Signs a workflow's payloads for simulation, if policy allows it. They can never be executed, so they need no grant: the
 * blocking intent is added where the bytes are built.
 */
export function signSimulation(deps: SignSimulationDeps) {
  const { keystore, accounts, verifierId, clock, logger } = deps;

  const sign = async (request: SignSimulationRequest, call: GateCall, index: number, signal: AbortSignal) => {
    if (call.payload.case !== "intents") return "";
    const { walletId, deadlineMs } = request;
    const terms = { nonce: request.intentsNonces[index] ?? new Uint8Array(), deadlineMs };
    const { signerId } = call.payload.value;
    const intents = {
      intentsJson: simulationIntents(call.payload.value),
      ...(signerId === undefined ? {} : { signerId }),
    };
    const account = await accounts(walletId, signal);
    const asked = nep413Request(walletId, account, terms, intents, verifierId);
    return signedPayload(asked, await keystore.signNep413({ ...asked, approval: request.approval }, signal), account)
      .payloadJson;
  };

  return (request: SignSimulationRequest, { signal }: { readonly signal: AbortSignal }) => {
    const about = { method: "SignSimulation", wallet_id: request.walletId };
    return answering(logger, about, async () => {
      checkTerms(request, clock.now());
      const { walletId, calls, approval } = request;
      const of = { walletId, requestId: undefined };
      const { usage } = statedUsage(deps.proofs, of, request.usageStatement, clock.now());
      const verdict = await policyVerdict(deps, { walletId, calls, approval, usage }, signal);
      logger.info({ ...about, steps: request.calls.length, verdict: verdict.kind }, "policy checked for a simulation");
      switch (verdict.kind) {
        case "allowed": {
          const payloadsJson = [];
          for (const [index, call] of request.calls.entries()) {
            payloadsJson.push(await sign(request, call, index, signal));
          }
          return { verdict: { case: "signed", value: { payloadsJson, blockingToken } } } as const;
        }
        case "denied": {
          const { step, reason } = verdict;
          return { verdict: { case: "denied", value: { step, reason } } } as const;
        }
        case "approval_required": {
          const { step, requiredApprovals } = verdict;
          return { verdict: { case: "approvalRequired", value: { step, requiredApprovals } } } as const;
        }
      }
    });
  };
}

/** @throws InvalidRequest where the parts of a request do not fit together */
function checkTerms({ calls, intentsNonces, deadlineMs }: SignSimulationRequest, nowMs: number): void {
  if (intentsNonces.length !== calls.length) throw new InvalidRequest("intents_nonces must be as many as calls");
  checkSimulationDeadline(deadlineMs, nowMs);
  for (const [index, { payload }] of calls.entries()) {
    const nonce = intentsNonces[index] ?? new Uint8Array();
    if (payload.case === "intents") checkIntentsTerms({ nonce, deadlineMs }, payload.value);
    else if (nonce.length > 0)
      throw new InvalidRequest(`intents_nonces[${index}] must be empty for a call without intents`);
  }
}
