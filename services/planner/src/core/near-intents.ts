import { foreignFieldOfNearIntents } from "@outlayer/workflow";
import type { Facts } from "./facts.ts";
import { mustNotSign, signingKeyOf } from "./key-change.ts";
import { type BuiltPayload, type IntentsInit, intentsPayload, notAfter, problem } from "./payload.ts";
import { mustNotBeOwn, transferPayload, transferPlaces } from "./transfer.ts";
import { checkIntent } from "./verifier-intents.ts";

/**
 * The payload of intents that the caller wrote: `{intents, signer_id?, deadline?}`, or the short form
 * `{kind: "transfer", token, amount, receiver_id, memo?, msg?, min_gas?}` with the same two fields.
 */
export function nearIntentsPayload(
  given: { readonly [key: string]: unknown },
  place: string,
  facts: Facts,
): BuiltPayload {
  const { signer_id: signer, deadline } = given;
  if (signer != null && typeof signer !== "string") return problem(`${place}.signer_id must be a string`);
  const latest = notAfter(deadline, place);
  if (latest.problem !== undefined) return latest;
  const foreign = foreignFieldOfNearIntents(given);
  if (foreign !== undefined) {
    return problem(
      `${place}.${foreign} is not supported ${given.intents == null ? "on a transfer" : "beside intents"}`,
    );
  }
  const payload =
    given.intents == null
      ? shortForm(given, place, facts, latest.ms)
      : intentsListPayload(given.intents, `${place}.intents`, facts, latest.ms);
  if (payload.problem !== undefined || signer == null || payload.value.case !== "intents") return payload;
  if (facts.accountId !== undefined && signer !== facts.accountId) {
    return problem(`${place}.signer_id must be the wallet's own account ${facts.accountId}`);
  }
  // The call carries the signer's name: signer-proxy checks it against the account, which may be unknown here.
  const accountUnchecked = payload.accountUnchecked || facts.accountId === undefined;
  return intentsPayload({ ...(payload.value.value as IntentsInit), signerId: signer }, accountUnchecked);
}

/** The payload of a list of the verifier's intents, each checked. @param notAfterMs the latest deadline, milliseconds since the epoch */
export function intentsListPayload(
  intents: unknown,
  place: string,
  { accountId }: Facts,
  notAfterMs: bigint | undefined,
): BuiltPayload {
  if (!Array.isArray(intents)) return problem(`${place} must be an array`);
  if (intents.length === 0) return problem(`${place} must not be empty`);
  const ownKey = signingKeyOf(accountId);
  let isOfAccount = false;
  let ofOneself: string | undefined;
  for (const [index, intent] of intents.entries()) {
    const checked = checkIntent(intent, `${place}[${index}]`);
    if (checked.problem !== undefined) return problem(checked.problem);
    const { transferTo, removedKey } = checked;
    if (transferTo === undefined && removedKey === undefined) continue;
    isOfAccount = true;
    if (transferTo !== undefined && transferTo === accountId)
      ofOneself ??= `${place}[${index}].receiver_id ${mustNotBeOwn}`;
    if (removedKey !== undefined && removedKey === ownKey)
      ofOneself ??= `${place}[${index}].public_key ${mustNotSign}; use a step intents.remove_public_key`;
  }
  if (ofOneself !== undefined) return problem(ofOneself);
  return intentsPayload({ intentsJson: JSON.stringify(intents) }, isOfAccount && accountId === undefined, notAfterMs);
}

const shortFormFields = ["token", "amount", "receiver_id"] as const;

function shortForm(
  given: { readonly [key: string]: unknown },
  place: string,
  facts: Facts,
  notAfterMs: bigint | undefined,
): BuiltPayload {
  const { kind, token, amount, receiver_id } = given;
  if (kind !== "transfer") return problem(`${place} must have intents, or kind transfer`);
  if (typeof token === "string" && typeof amount === "string" && typeof receiver_id === "string") {
    const { memo, msg, min_gas } = given;
    if (memo != null && typeof memo !== "string") return problem(`${place}.memo must be a string`);
    if (msg != null && typeof msg !== "string") return problem(`${place}.msg must be a string`);
    if (min_gas != null && typeof min_gas !== "string") return problem(`${place}.min_gas must be a string`);
    const transfer = {
      token,
      amount,
      receiver_id,
      memo: memo ?? undefined,
      msg: msg ?? undefined,
      min_gas: min_gas ?? undefined,
    };
    return transferPayload(transfer, transferPlaces(place), facts, notAfterMs);
  }
  const wanting = shortFormFields.find((name) => typeof given[name] !== "string");
  return problem(
    `${place}.${wanting} ${wanting !== undefined && given[wanting] == null ? "is required" : "must be a string"}`,
  );
}
