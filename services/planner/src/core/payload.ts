import type { MessageInitShape } from "@bufbuild/protobuf";
import type { GateCallSchema, IntentsSchema } from "@outlayer/contracts/outlayer/workflow/v1/call";

export type GateCallInit = Exclude<MessageInitShape<typeof GateCallSchema>, { readonly $typeName: string }>;
export type IntentsInit = Exclude<MessageInitShape<typeof IntentsSchema>, { readonly $typeName: string }>;
type Payload = NonNullable<GateCallInit["payload"]>;

/** What a gate call carries, or why it cannot be made. */
export type Built<T> =
  | { readonly problem: string }
  | {
      readonly problem?: undefined;
      readonly value: T;
      /** A rule about the wallet's account was left out, for it is not known. */
      readonly accountUnchecked: boolean;
    };

export type BuiltPayload = Built<Payload>;

export const problem = (text: string) => ({ problem: text });

export function intentsPayload(intents: IntentsInit, accountUnchecked: boolean): BuiltPayload {
  return { value: { case: "intents", value: intents }, accountUnchecked };
}
