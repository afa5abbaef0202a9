import { isAccountId } from "@outlayer/near";
import { z } from "zod";
import { JsonTextError, parseJsonText } from "./json-text.ts";
import { Unjudgeable } from "./unjudgeable.ts";

// By standard: the place of the signed text, which names the signer. The verifier judges the other fields.
const textPayload = z.object({ payload: z.string() }).transform(({ payload }) => payload);
const signedTexts = {
  nep413: z.object({ payload: z.object({ message: z.string() }) }).transform(({ payload }) => payload.message),
  erc191: textPayload,
  tip191: textPayload,
  raw_ed25519: textPayload,
  webauthn: textPayload,
  ton_connect: z
    .object({ payload: z.object({ type: z.literal("text"), text: z.string() }) })
    .transform(({ payload }) => payload.text),
  sep53: textPayload,
};

/** Standards of signed payloads whose signer can be found; payloads of others are not carried. */
export const payloadStandards: readonly string[] = Object.keys(signedTexts);

const tagged = z.object({ standard: z.string() });
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
  const standard = read(tagged, payload)?.standard ?? "";
  if (!Object.hasOwn(signedTexts, standard)) {
    throw new Unjudgeable(`${place}.standard must be one of ${payloadStandards.join(", ")}`);
  }
  const text = read(signedTexts[standard as keyof typeof signedTexts], payload);
  const signer = text === undefined ? undefined : read(signedMessage, parsed(text))?.signer_id;
  if (signer === undefined) throw new Unjudgeable(`${place} does not say who signed it`);
  return signer;
}

function read<T>(schema: z.ZodType<T>, value: unknown): T | undefined {
  const result = schema.safeParse(value);
  return result.success ? result.data : undefined;
}

function parsed(text: string): unknown {
  try {
    return parseJsonText(text);
  } catch (error) {
    if (error instanceof JsonTextError) return undefined;
    throw error;
  }
}
