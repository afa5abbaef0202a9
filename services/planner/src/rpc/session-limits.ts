import type { WalletCaller } from "@outlayer/access";
import { denied } from "@outlayer/kit";

const about = { reason: "NOT_FOR_SESSIONS" };

/**
 * Refuses steps of a session that the keystore would have to sign: a session carries what it has signed itself
 * (rule: sessions-sign-for-themselves).
 * @throws Refusal PermissionDenied
 */
export function refuseStepsOfSession({ credential }: WalletCaller, steps: readonly { readonly form: string }[]): void {
  if (credential !== "session") return;
  const index = steps.findIndex(({ form }) => form !== "intents.execute_signed");
  const step = steps[index];
  if (step === undefined) return;
  throw denied(
    `a session cannot have steps[${index}] (${step.form}) signed: send it with the credentials of the wallet that is to sign`,
    { ...about, field: `steps[${index}].kind` },
  );
}

/** @param what the request as a sentence names it @throws Refusal PermissionDenied */
export function refuseSession({ credential }: WalletCaller, what: string): void {
  if (credential !== "session") return;
  throw denied(
    `a session cannot have ${what} signed: send it with the credentials of the wallet that is to sign`,
    about,
  );
}
