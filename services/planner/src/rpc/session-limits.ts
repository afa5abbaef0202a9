import type { WalletCaller } from "@outlayer/access";
import { denied } from "@outlayer/kit";

/** Steps for which nobody but the account's owner signs. */
const ownSteps: ReadonlySet<string> = new Set(["intents.execute_signed"]);

const about = { reason: "NOT_FOR_SESSIONS" };

/**
 * Refuses the steps of a session that the keystore would have to sign (rule: sessions-sign-for-themselves).
 * @throws Refusal PermissionDenied
 */
export function refuseStepsOfSession({ credential }: WalletCaller, steps: readonly { readonly form: string }[]): void {
  if (credential !== "session") return;
  const index = steps.findIndex(({ form }) => !ownSteps.has(form));
  const step = steps[index];
  if (step === undefined) return;
  throw denied(
    `a session cannot have steps[${index}] (${step.form}) signed: sign it with your own wallet, and send the payload as a step intents.execute_signed`,
    { ...about, field: `steps[${index}].kind` },
  );
}

/** @param what the request as a sentence names it @throws Refusal PermissionDenied */
export function refuseSession({ credential }: WalletCaller, what: string): void {
  if (credential !== "session") return;
  throw denied(
    `a session cannot have ${what} signed: sign intents with your own wallet, and send the payloads as steps intents.execute_signed of a workflow`,
    about,
  );
}
