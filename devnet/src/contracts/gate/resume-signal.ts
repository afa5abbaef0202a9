import { bool, type Decoder, object, optional, u32 } from "../sdk/decoder.ts";
import { u64Text } from "../sdk/integers.ts";
import { jsonBytes } from "../sdk/json.ts";

/** The message of a resume to the waiting callback. */
export interface ResumeSignal {
  readonly approve: boolean;
  /** Place in the chain from 0, or undefined for a single resume. */
  readonly sequenceNumber: number | undefined;
  /** The chain's next intent, or undefined for a single or last one. */
  readonly nextIntentId: bigint | undefined;
}

interface Wire {
  readonly approve: boolean;
  readonly sequence_number: number | undefined;
  readonly next_intent_id: bigint | undefined;
}

const wire: Decoder<Wire> = object<Wire>({
  approve: bool,
  sequence_number: optional(u32),
  next_intent_id: optional(u64Text),
});

export const resumeSignal: Decoder<ResumeSignal> = {
  decode(value) {
    const { approve, sequence_number: sequenceNumber, next_intent_id: nextIntentId } = wire.decode(value);
    return { approve, sequenceNumber, nextIntentId };
  },
};

export function encodeSignal({ approve, sequenceNumber, nextIntentId }: ResumeSignal): Uint8Array {
  return jsonBytes({
    approve,
    sequence_number: sequenceNumber ?? null,
    next_intent_id: nextIntentId?.toString() ?? null,
  });
}
