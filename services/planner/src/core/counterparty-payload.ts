import type { JsonObject } from "@bufbuild/protobuf";
import { isAccountId, normalizeTokenId, readVerifierNonce } from "@outlayer/near";
import { formatPlace, InvalidRequest, readJsonObject } from "@outlayer/workflow";
import { z } from "zod";
import { deltaProblem } from "./amounts.ts";
import { bytesOfBase64 } from "./base64.ts";
import { problem } from "./payload.ts";

/** A payload that a counterparty signed, as the verifier reads it. */
export interface CounterpartyPayload {
  /** E.g. `steps[0].counterparty_signed[1]`. */
  readonly place: string;
  readonly payload: JsonObject;
  readonly signerId: string;
  readonly nonce: Uint8Array;
  /** Milliseconds since the epoch. */
  readonly deadlineMs: number;
  /** By token id, raw units; a token may stand in several intents. */
  readonly diffs: readonly (readonly [token: string, delta: bigint])[];
}

export interface SignedByCounterparty extends CounterpartyPayload {
  /** Curve, colon and base58; told by the signature. */
  readonly publicKey: string;
}

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
/** The deltas of a `token_diff`. Intents of other kinds move nothing between the sides that has to balance. */
const intent = z.looseObject({ intent: text }).transform(({ intent: kind, diff }, context) => {
  if (kind !== "token_diff") return [];
  const read = tokenAmounts.safeParse(diff);
  if (read.success) return Object.entries(read.data);
  context.addIssue({ code: "custom", path: ["diff"], message: "must hold decimal amounts by full token ids" });
  return z.NEVER;
});
const message = z.looseObject({
  signer_id: text.refine(isAccountId, "must be an account id"),
  deadline: z.iso.datetime({ offset: true, error: "must be an RFC 3339 time" }).transform(nanoseconds),
  intents: z.array(intent, { error: "must be an array" }).optional(),
});
const wholeMessage = message.extend({ verifying_contract: text, nonce });

const withText = z.looseObject({ payload: text }).transform(({ payload }) => payload);

/** By standard: where the signed text stands. Outside NEP-413 the text itself holds everything. */
const signedTexts = {
  erc191: withText,
  tip191: withText,
  raw_ed25519: withText,
  webauthn: withText,
  ton_connect: z
    .looseObject({ payload: z.looseObject({ type: z.literal("text"), text }, { error: "must be a text" }) })
    .transform(({ payload }) => payload.text),
  sep53: withText,
};
const nep413 = z.looseObject({
  payload: z.looseObject({ message: text, nonce, recipient: text }, { error: "must be an object" }),
});

/** Standards of signed payloads that the verifier takes. */
export const payloadStandards: readonly string[] = ["nep413", ...Object.keys(signedTexts)];

/**
 * Reads a payload of a standard that the verifier takes, and refuses what the verifier would refuse whatever its state is.
 * @param place e.g. `steps[0].counterparty_signed[0]`
 */
export function readCounterpartyPayload(
  payload: JsonObject,
  place: string,
  verifierId: string,
): CounterpartyPayload | Problem {
  try {
    const { standard } = payload;
    const read = standard === "nep413" ? readNep413(payload) : readText(payload, standard as keyof typeof signedTexts);
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

type Read = Omit<CounterpartyPayload, "place" | "payload"> & {
  readonly verifyingContract: string;
  readonly deadlineNs: bigint;
};

/** Since the epoch: the verifier compares deadlines to the nanosecond. */
function nanoseconds(rfc3339: string): bigint {
  const fraction = /\.(\d+)/.exec(rfc3339)?.[1] ?? "";
  return BigInt(Date.parse(rfc3339)) * 1_000_000n + BigInt(fraction.slice(3, 9).padEnd(6, "0"));
}

function readNep413(given: JsonObject): Read {
  const { payload } = nep413.parse(given);
  const read = message.parse(readJsonObject(payload.message));
  return { ...common(read), nonce: payload.nonce, verifyingContract: payload.recipient };
}

function readText(given: JsonObject, standard: keyof typeof signedTexts): Read {
  const read = wholeMessage.parse(readJsonObject(signedTexts[standard].parse(given)));
  return { ...common(read), nonce: read.nonce, verifyingContract: read.verifying_contract };
}

function common({ signer_id, deadline, intents = [] }: z.output<typeof message>) {
  return {
    signerId: signer_id,
    deadlineMs: Number(deadline / 1_000_000n),
    deadlineNs: deadline,
    diffs: intents.flat().map(([token, amount]) => [token, BigInt(amount)] as const),
  };
}

function unreadable(error: unknown): string | undefined {
  if (error instanceof InvalidRequest) return "the signed message is not JSON that every reader reads alike";
  if (!(error instanceof z.ZodError)) return undefined;
  const issue = error.issues[0];
  return issue === undefined ? "" : `${formatPlace(issue.path, "").replace(/^\./, "")} ${issue.message}`.trim();
}
