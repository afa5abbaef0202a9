import type { JsonObject } from "@bufbuild/protobuf";
import { isAccountId, normalizeTokenId } from "@outlayer/near";
import { amountProblem, gasProblem } from "./amounts.ts";
import type { Facts } from "./facts.ts";
import { type BuiltPayload, intentsPayload, problem } from "./payload.ts";

/** A transfer with the caller's values. */
export interface Transfer {
  readonly token: string;
  readonly amount: string;
  readonly receiver_id: string;
  readonly memo?: string | undefined;
  readonly msg?: string | undefined;
  readonly min_gas?: string | undefined;
}

/** Places of the fields in the request, by their role. */
export interface TransferPlaces {
  readonly token: string;
  readonly amount: string;
  readonly receiver: string;
  readonly minGas: string;
}

export function transferPlaces(place: string): TransferPlaces {
  return {
    token: `${place}.token`,
    amount: `${place}.amount`,
    receiver: `${place}.receiver_id`,
    minGas: `${place}.min_gas`,
  };
}

/** One `transfer` intent. */
export function transferPayload(
  transfer: Transfer,
  places: TransferPlaces,
  { accountId }: Facts,
  notAfterMs: bigint | undefined,
): BuiltPayload {
  const token = normalizeTokenId(transfer.token);
  if (token === undefined) return problem(`${places.token} is not a token id`);
  const amount = amountProblem(transfer.amount);
  if (amount !== undefined) return problem(`${places.amount} ${amount}`);
  if (!isAccountId(transfer.receiver_id)) return problem(`${places.receiver} is not an account id`);
  if (transfer.receiver_id === accountId) return problem(`${places.receiver} ${mustNotBeOwn}`);
  const { memo, msg, min_gas } = transfer;
  const minGas = min_gas === undefined ? undefined : gasProblem(min_gas);
  if (minGas !== undefined) return problem(`${places.minGas} ${minGas}`);
  const intent: JsonObject = {
    intent: "transfer",
    receiver_id: transfer.receiver_id,
    tokens: { [token]: transfer.amount },
    ...(memo === undefined ? {} : { memo }),
    ...(msg === undefined ? {} : { msg }),
    ...(min_gas === undefined ? {} : { min_gas }),
  };
  return intentsPayload({ intentsJson: JSON.stringify([intent]) }, accountId === undefined, notAfterMs);
}

/** The verifier refuses a transfer to the signer itself. */
export const mustNotBeOwn = "must not be the wallet's own account";
