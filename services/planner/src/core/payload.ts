import type { MessageInitShape } from "@bufbuild/protobuf";
import type { GateCallSchema, IntentsSchema, OwnPayloadSchema } from "@outlayer/contracts/outlayer/workflow/v1/call";
import { z } from "zod";
import type { VerifiedPayload } from "./signed-payload.ts";

export type GateCallInit = Exclude<MessageInitShape<typeof GateCallSchema>, { readonly $typeName: string }>;
export type IntentsInit = Exclude<MessageInitShape<typeof IntentsSchema>, { readonly $typeName: string }>;
export type OwnPayloadInit = Exclude<MessageInitShape<typeof OwnPayloadSchema>, { readonly $typeName: string }>;
type Payload = NonNullable<GateCallInit["payload"]>;

/** A deposit that a step makes by a quote. */
export interface Quoted {
  readonly address: string;
  /** Of the address, in the request. */
  readonly place: string;
}

/** A payload for a gate call, or why there is none. */
export type Built<T> =
  | { readonly problem: string }
  | {
      readonly problem?: undefined;
      readonly value: T;
      /** Whether a rule was skipped because the wallet's account is not known. */
      readonly accountUnchecked: boolean;
      /** Its payloads that were signed before it came here: by counterparties, or by the session's account. */
      readonly carried?: readonly VerifiedPayload[];
      /** The deposit of a quote, which is for one deposit alone. */
      readonly quoted?: Quoted;
      /** Whether the minimum that is asked for is held against no quote. */
      readonly quoteUnchecked?: boolean;
      /** Whether a time limit was skipped because the chain's time is not known. */
      readonly timeUnchecked?: boolean;
    };

export type BuiltPayload = Built<Payload>;

const rfc3339 = z.iso.datetime({ offset: true });

/** The latest deadline of the signature, milliseconds since the epoch; absent where the caller gave none. */
export function notAfter(deadline: unknown, place: string): { problem: string } | { problem?: undefined; ms?: bigint } {
  if (deadline == null) return {};
  // A time that exists, with seconds and an offset.
  const time = rfc3339.safeParse(deadline);
  return time.success ? { ms: BigInt(Date.parse(time.data)) } : problem(`${place}.deadline must be an RFC 3339 time`);
}

export const problem = (text: string) => ({ problem: text });

/** @param notAfterMs the latest deadline, milliseconds since the epoch */
export function intentsPayload(
  given: IntentsInit,
  accountUnchecked: boolean,
  notAfterMs?: bigint | undefined,
): BuiltPayload {
  const intents = notAfterMs === undefined ? given : { ...given, notAfterMs };
  return { value: { case: "intents", value: intents }, accountUnchecked };
}
