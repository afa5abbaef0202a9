import { EncodingError, isAccountId, payloadStandards, signedTextOf } from "@outlayer/near";
import { z } from "zod";
import { JsonTextError, parseJsonText } from "./json-text.ts";
import { Unjudgeable } from "./unjudgeable.ts";

const tagged = z.looseObject({ standard: z.string() });
const signedMessage = z.object({ signer_id: z.string().refine(isAccountId) });
const executeArgs = z.object({ signed: z.array(z.unknown()) });

/** Signed payloads that are executed beside the wallet's own, or instead. */
export interface Carried {
  /** E.g. `counterparty_signed`. */
  readonly place: string;
  readonly payloads: readonly unknown[];
}

/**
 * The different signers of carried payloads. None may be the wallet: its payload would move value that policy was not asked about.
 * @param ownAccountId the wallet's account
 * @throws Unjudgeable with the place
 */
export function signersOf({ place, payloads }: Carried, ownAccountId: string | undefined): readonly string[] {
  if (payloads.length > 0 && ownAccountId === undefined) throw new Error("the wallet's account is not known");
  const signers = payloads.map((payload, index) => {
    const signer = signerOf(`${place}[${index}]`, payload);
    if (signer === ownAccountId) throw new Unjudgeable(`${place}[${index}] is signed by the wallet itself`);
    return signer;
  });
  return [...new Set(signers)];
}

/** The payloads in a plain call's arguments of `execute_intents`. @throws Unjudgeable where they cannot be read */
export function carriedByArgs(args: Uint8Array): Carried {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(args);
    return { place: "args.signed", payloads: executeArgs.parse(parseJsonText(text)).signed };
  } catch (error) {
    if (error instanceof z.ZodError || error instanceof JsonTextError || error instanceof TypeError) {
      throw new Unjudgeable("args are not those of execute_intents");
    }
    throw error;
  }
}

function signerOf(place: string, payload: unknown): string {
  const given = read(tagged, payload);
  // Payloads of others, whose signer cannot be found, are not carried.
  if (given === undefined || !payloadStandards.includes(given.standard)) {
    throw new Unjudgeable(`${place}.standard must be one of ${payloadStandards.join(", ")}`);
  }
  const signer = read(
    signedMessage,
    parsed(() => signedTextOf(given)),
  )?.signer_id;
  if (signer === undefined) throw new Unjudgeable(`${place} does not say who signed it`);
  return signer;
}

function read<T>(schema: z.ZodType<T>, value: unknown): T | undefined {
  const result = schema.safeParse(value);
  return result.success ? result.data : undefined;
}

/** Undefined for what has no text, or no JSON in it. */
function parsed(text: () => string): unknown {
  try {
    return parseJsonText(text());
  } catch (error) {
    if (error instanceof JsonTextError || error instanceof EncodingError) return undefined;
    throw error;
  }
}
