import { z } from "zod";
import type { Facts } from "./facts.ts";
import { type BuiltPayload, type IntentsInit, intentsPayload, problem } from "./payload.ts";
import { mustNotBeOwn, transferPayload, transferPlaces } from "./transfer.ts";
import { checkIntent } from "./verifier-intents.ts";

/**
 * Intents that a caller wrote for the wallet to sign: `{intents, signer_id?, deadline?}`, or the short form
 * `{kind: "transfer", token, amount, receiver_id, memo?}` with the same two fields.
 */
export function nearIntentsPayload(
  given: { readonly [key: string]: unknown },
  place: string,
  facts: Facts,
): BuiltPayload {
  const { signer_id: signer, deadline } = given;
  if (signer != null && typeof signer !== "string") return problem(`${place}.signer_id must be a string`);
  const notAfterMs = deadline == null ? undefined : deadlineMs(deadline);
  if (deadline != null && notAfterMs === undefined) {
    return problem(`${place}.deadline must be an RFC 3339 time`);
  }
  const payload =
    given.intents == null
      ? shortForm(given, place, facts, notAfterMs)
      : intentsListPayload(given.intents, `${place}.intents`, facts, notAfterMs);
  if (payload.problem !== undefined || signer == null || payload.value.case !== "intents") return payload;
  if (facts.accountId !== undefined && signer !== facts.accountId) {
    return problem(`${place}.signer_id must be the wallet's own account ${facts.accountId}`);
  }
  // It goes with the call: whoever signs knows the account, if nobody did when it was planned.
  const accountUnchecked = payload.accountUnchecked || facts.accountId === undefined;
  return intentsPayload({ ...(payload.value.value as IntentsInit), signerId: signer }, accountUnchecked);
}

/** The verifier's intents as given, each checked. @param notAfterMs the latest deadline, milliseconds since the epoch */
export function intentsListPayload(
  intents: unknown,
  place: string,
  { accountId }: Facts,
  notAfterMs?: bigint,
): BuiltPayload {
  if (!Array.isArray(intents)) return problem(`${place} must be an array`);
  if (intents.length === 0) return problem(`${place} must not be empty`);
  let transfers = false;
  let toOneself: string | undefined;
  for (const [index, intent] of intents.entries()) {
    const checked = checkIntent(intent, `${place}[${index}]`);
    if (checked.problem !== undefined) return problem(checked.problem);
    if (checked.transferTo === undefined) continue;
    transfers = true;
    if (checked.transferTo === accountId) toOneself ??= `${place}[${index}].receiver_id ${mustNotBeOwn}`;
  }
  if (toOneself !== undefined) return problem(toOneself);
  const value = { intentsJson: JSON.stringify(intents), ...(notAfterMs === undefined ? {} : { notAfterMs }) };
  return intentsPayload(value, transfers && accountId === undefined);
}

const shortFormFields = ["token", "amount", "receiver_id"] as const;

function shortForm(
  given: { readonly [key: string]: unknown },
  place: string,
  facts: Facts,
  notAfterMs: bigint | undefined,
): BuiltPayload {
  const { kind, token, amount, receiver_id, memo } = given;
  if (kind !== "transfer") return problem(`${place} must have intents, or kind transfer`);
  if (typeof token === "string" && typeof amount === "string" && typeof receiver_id === "string") {
    if (memo != null && typeof memo !== "string") return problem(`${place}.memo must be a string`);
    const transfer = { token, amount, receiver_id, memo: memo ?? undefined };
    return transferPayload(transfer, transferPlaces(place), facts, notAfterMs);
  }
  const wanting = shortFormFields.find((name) => typeof given[name] !== "string");
  return problem(
    `${place}.${wanting} ${wanting !== undefined && given[wanting] == null ? "is required" : "must be a string"}`,
  );
}

const rfc3339 = z.iso.datetime({ offset: true });

/** @returns milliseconds since the epoch; undefined for anything but a time that exists, with seconds and an offset */
function deadlineMs(value: unknown): bigint | undefined {
  const time = rfc3339.safeParse(value);
  return time.success ? BigInt(Date.parse(time.data)) : undefined;
}
