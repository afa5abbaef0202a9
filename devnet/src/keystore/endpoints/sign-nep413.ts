import { Base64Error, decodeBase64 } from "../../crypto/base64.ts";
import { formatKey } from "../../crypto/keys.ts";
import { nep413Hash } from "../../crypto/nep413.ts";
import { signHash } from "../../crypto/sign.ts";
import { type ApprovalInfo, approvalInfo, checkApprovals } from "../approvals.ts";
import type { Endpoint } from "../endpoint.ts";
import { badRequest } from "../refusal.ts";

interface Request {
  readonly walletId: string;
  readonly message: string;
  readonly nonceBase64: string;
  readonly recipient: string;
  readonly approvals: ApprovalInfo | undefined;
}

/** `/wallet/sign-nep413`. The field `chain` is required and ignored. */
export const signNep413: Endpoint<Request> = {
  read(body) {
    const walletId = body.text("wallet_id");
    body.text("chain");
    return {
      walletId,
      message: body.text("message"),
      nonceBase64: body.text("nonce_base64"),
      recipient: body.text("recipient"),
      approvals: approvalInfo(body),
    };
  },
  run({ keys, rules }, { walletId, message, nonceBase64, recipient, approvals }) {
    const nonce = nonceBytes(nonceBase64);
    checkApprovals(rules.policy(walletId), approvals);
    const { seed, publicKey } = keys.wallet(walletId);
    const signature = signHash(seed, nep413Hash({ message, nonce, recipient, callbackUrl: null }));
    return { signature_base58: formatKey(signature), public_key: publicKey };
  },
};

function nonceBytes(text: string): Uint8Array {
  try {
    const nonce = decodeBase64(text);
    return nonce.length === 32 ? nonce : badRequest(`Invalid nonce length: ${nonce.length} (expected 32)`);
  } catch (error) {
    if (error instanceof Base64Error) return badRequest(`Invalid base64 in nonce_base64: ${error.message}`);
    throw error;
  }
}
