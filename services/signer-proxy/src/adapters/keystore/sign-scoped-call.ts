import { encodeBase64 } from "@outlayer/near";
import { z } from "zod";
import type { ScopedCallAnswer, ScopedCallRequest } from "../../core/keystore.ts";
import { KeystoreError } from "../../core/problems.ts";
import type { KeystoreHttp } from "./http.ts";
import { scopeBody } from "./prepare-scoped-key.ts";

const answer = z.object({
  signed_tx_base64: z.string(),
  tx_hash: z.string(),
  signer_id: z.string(),
  public_key: z.string(),
  key_label: z.string(),
  // A number from 2^53 on has lost digits here. We request none so large.
  nonce: z.int().min(0).transform(BigInt),
});

/** The start of the keystore's error when its own RPC has no such key, and when that RPC is away. */
const noKeyOrNoRpc = "Failed to query scoped direct-user access key";

/** @param request with numbers below 2^53 only @throws KeystoreError */
export async function signScopedCall(
  http: KeystoreHttp,
  request: ScopedCallRequest,
  signal: AbortSignal,
): Promise<ScopedCallAnswer> {
  const action = {
    method_name: request.methodName,
    args_base64: encodeBase64(request.args),
    gas: Number(request.gas),
    deposit: "0",
  };
  const body = { ...scopeBody(request), actions: [action], override_nonce: Number(request.nonce) };
  const given = await http
    .post("/wallet/direct-user/sign-scoped-function-calls", body, answer, signal)
    .catch((error: unknown) => {
      throw saysNoKeyOrNoRpc(error) ? unreadable() : error;
    });
  return {
    signedTransactionBase64: given.signed_tx_base64,
    txHash: given.tx_hash,
    signerId: given.signer_id,
    publicKey: given.public_key,
    keyLabel: given.key_label,
    nonce: given.nonce,
  };
}

function saysNoKeyOrNoRpc(error: unknown): boolean {
  return (
    error instanceof KeystoreError &&
    error.problem.kind === "refused" &&
    error.problem.status === 500 &&
    error.problem.text.startsWith(noKeyOrNoRpc)
  );
}

/** Not a refusal: the keystore's RPC may be away. Whether the key exists is for callers with other endpoints to find out. */
function unreadable(): KeystoreError {
  return new KeystoreError({ kind: "unavailable", detail: "it could not read the user's access key" });
}
