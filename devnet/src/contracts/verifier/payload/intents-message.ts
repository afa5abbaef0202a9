import { accountId, base64Bytes32, type Decoder, defaulting, list, object } from "../../sdk/decoder.ts";
import { readJson } from "../../sdk/json.ts";
import type { Intent } from "../engine/execution.ts";
import { intent } from "../intents/intent.ts";
import { timestampNs } from "../timestamp.ts";

/** The content of a payload, with its deadline. */
export interface IntentsMessage {
  readonly signerId: string;
  readonly verifyingContract: string;
  readonly deadlineNs: bigint;
  /** 32 bytes. */
  readonly nonce: Uint8Array;
  readonly intents: readonly Intent[];
}

const intents = defaulting(list(intent), []);

const wholeMessage: Decoder<{
  readonly signer_id: string;
  readonly verifying_contract: string;
  readonly deadline: bigint;
  readonly nonce: Uint8Array;
  readonly intents: readonly Intent[];
}> = object({
  signer_id: accountId,
  verifying_contract: accountId,
  deadline: timestampNs,
  nonce: base64Bytes32,
  intents,
});

/** The part of the content that NEP-413 has in the text; nonce and verifier stand beside it. */
export const nep413Message: Decoder<{
  readonly signer_id: string;
  readonly deadline: bigint;
  readonly intents: readonly Intent[];
}> = object({ signer_id: accountId, deadline: timestampNs, intents });

/** Reads a text that holds the whole content: all standards but NEP-413. @throws DecodeError */
export function readWholeMessage(text: string): IntentsMessage {
  const { signer_id, verifying_contract, deadline, nonce, intents: steps } = readJson(text, wholeMessage);
  return { signerId: signer_id, verifyingContract: verifying_contract, deadlineNs: deadline, nonce, intents: steps };
}
