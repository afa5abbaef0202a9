import type { JsonObject } from "@bufbuild/protobuf";
import {
  EncodingError,
  isAccountId,
  normalizeTokenId,
  type PayloadSignature,
  readVerifierNonce,
  signedTextOf,
} from "@outlayer/near";
import { formatPlace, InvalidRequest, readJsonObject } from "@outlayer/workflow";
import { z } from "zod";
import { deltaProblem } from "./amounts.ts";
import { bytesOfBase64 } from "./base64.ts";
import { problem } from "./payload.ts";

/** A payload that somebody signed before it came here, as the verifier reads it. */
export interface SignedPayload {
  /** E.g. `steps[0].counterparty_signed[1]`. */
  readonly place: string;
  readonly payload: JsonObject;
  readonly signerId: string;
  readonly nonce: Uint8Array;
  /** Milliseconds since the epoch. */
  readonly deadlineMs: number;
  readonly intents: readonly object[];
  /** Of its `token_diff` intents by token id, raw units; a token may stand in several. */
  readonly diffs: readonly (readonly [token: string, delta: bigint])[];
}

/** A payload whose signature is valid. */
export interface VerifiedPayload extends SignedPayload, PayloadSignature {}

type Problem = { readonly problem: string };

const text = z.string({ error: "must be a string" });
const nonce = text.transform((given, context) => {
  const bytes = bytesOfBase64(given);
  if (bytes?.length === 32) return bytes;
  context.addIssue({ code: "custom", message: "must be 32 bytes in base64" });
  return z.NEVER;
});
const delta = text.refine((given) => deltaProblem(given) === undefined, "must be a decimal string other than zero");
const tokenId = text.refine((id) => normalizeTokenId(id) === id);
const tokenAmounts = z.record(tokenId, delta);
/** With the deltas of a `token_diff`. Intents of other kinds move nothing between the sides that has to balance. */
const intent = z.looseObject({ intent: text }).transform((given, context) => {
  if (given.intent !== "token_diff") return { given, deltas: [] };
  const read = tokenAmounts.safeParse(given.diff);
  if (read.success) return { given, deltas: Object.entries(read.data) };
  context.addIssue({ code: "custom", path: ["diff"], message: "must hold decimal amounts by full token ids" });
  return z.NEVER;
});
const message = z.looseObject({
  signer_id: text.refine(isAccountId, "must be an account id"),
  deadline: z.iso.datetime({ offset: true, error: "must be an RFC 3339 time" }).transform(nanoseconds),
  intents: z.array(intent, { error: "must be an array" }).optional(),
});
const wholeMessage = message.extend({ verifying_contract: text, nonce });

/** What stands beside the signed text in NEP-413. In other standards the text itself holds everything. */
const besideText = z.looseObject({
  payload: z.looseObject({ nonce, recipient: text }, { error: "must be an object" }),
});

/**
 * Reads a payload of a standard that the verifier takes, and refuses what the verifier would refuse whatever its state is.
 * @param place e.g. `steps[0].counterparty_signed[0]`
 */
export function readSignedPayload(payload: JsonObject, place: string, verifierId: string): SignedPayload | Problem {
  try {
    const read = payload.standard === "nep413" ? readNep413(payload) : readText(payload);
    if (read.verifyingContract !== verifierId)
      return problem(`${place} is signed for another verifier than ${verifierId}`);
    const versioned = readVerifierNonce(read.nonce);
    if (versioned !== undefined && versioned.deadlineNs < read.deadlineNs) {
      return problem(`${place} has a deadline after that of its nonce`);
    }
    return { ...read, place, payload };
  } catch (error) {
    const said = unreadable(error);
    if (said === undefined) throw error;
    return problem(`${place} cannot be read: ${said}`);
  }
}

type Read = Omit<SignedPayload, "place" | "payload"> & {
  readonly verifyingContract: string;
  readonly deadlineNs: bigint;
};

/** Since the epoch: the verifier compares deadlines to the nanosecond. */
function nanoseconds(rfc3339: string): bigint {
  const fraction = /\.(\d+)/.exec(rfc3339)?.[1] ?? "";
  return BigInt(Date.parse(rfc3339)) * 1_000_000n + BigInt(fraction.slice(3, 9).padEnd(6, "0"));
}

function readNep413(given: JsonObject): Read {
  const text = signedTextOf(given);
  const { payload } = besideText.parse(given);
  const read = message.parse(readJsonObject(text));
  return { ...common(read), nonce: payload.nonce, verifyingContract: payload.recipient };
}

function readText(given: JsonObject): Read {
  const read = wholeMessage.parse(readJsonObject(signedTextOf(given)));
  return { ...common(read), nonce: read.nonce, verifyingContract: read.verifying_contract };
}

function common({ signer_id, deadline, intents = [] }: z.output<typeof message>) {
  return {
    signerId: signer_id,
    deadlineMs: Number(deadline / 1_000_000n),
    deadlineNs: deadline,
    intents: intents.map(({ given }) => given),
    diffs: intents.flatMap(({ deltas }) => deltas).map(([token, amount]) => [token, BigInt(amount)] as const),
  };
}

function unreadable(error: unknown): string | undefined {
  if (error instanceof InvalidRequest) return "the signed message is not JSON that every reader reads alike";
  if (error instanceof EncodingError) return error.message;
  if (!(error instanceof z.ZodError)) return undefined;
  const issue = error.issues[0];
  return issue === undefined ? "" : `${formatPlace(issue.path, "").replace(/^\./, "")} ${issue.message}`.trim();
}
