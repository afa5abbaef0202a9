import { z } from "zod";
import { KeystoreError } from "../../core/problems.ts";
import { checkPolicy } from "./check-policy.ts";
import type { KeystoreHttp } from "./http.ts";
import { signDelegatePath } from "./sign-delegate.ts";

/** An id that no wallet has: there is no policy for it, and asking about it discloses nothing. */
export const probeWalletId = "outlayer-signer-proxy-probe";

/**
 * Verifies that the other side is the keystore whose API we know, without having anything signed. A later keystore has no
 * delegate endpoint and answers check-policy in another shape.
 * @throws KeystoreError `wrong_keystore` for any other keystore
 */
export async function probeKeystore(http: KeystoreHttp, signal: AbortSignal): Promise<void> {
  await probeDelegateEndpoint(http, signal);
  const action = {
    type: "call",
    token: "native",
    amount: "0",
    current_usage: { hourly: {}, daily: {}, monthly: {}, hourly_tx_count: 0 },
    receiver_id: "probe",
    method_name: "probe",
    gas: "0",
    lane: "gate_proxy",
  } as const;
  await checkPolicy(http, probeWalletId, action, signal).catch((error: unknown) => {
    throw saysUnreadable(error) ? wrong("/wallet/check-policy: it does not take an action") : error;
  });
}

/** The endpoint refuses a request without fields as unreadable, and can never sign one. */
async function probeDelegateEndpoint(http: KeystoreHttp, signal: AbortSignal): Promise<void> {
  try {
    await http.post(signDelegatePath, {}, z.unknown(), signal);
  } catch (error) {
    if (saysUnreadable(error)) return;
    throw error;
  }
  throw wrong(`${signDelegatePath}: it takes a request without fields`);
}

function saysUnreadable(error: unknown): boolean {
  if (!(error instanceof KeystoreError) || error.problem.kind !== "refused") return false;
  return error.problem.status === 400 || error.problem.status === 422;
}

function wrong(detail: string): KeystoreError {
  return new KeystoreError({ kind: "wrong_keystore", detail });
}
