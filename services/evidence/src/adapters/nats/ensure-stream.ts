import {
  DiscardPolicy,
  JetStreamApiError,
  type JetStreamManager,
  RetentionPolicy,
  StorageType,
  type StreamInfo,
} from "@nats-io/jetstream";
import { nanos } from "@nats-io/transport-node";

export const streamName = "WALLET_PROGRESS";
export const progressSubject = (requestId: string) => `wallet.progress.${requestId}`;

/** Within which the server recognizes a message id, milliseconds. Later repeats the sequence in the subject refuses. */
const duplicateWindowMs = 120_000;
const nameInUse = 10058;

/** The stream is not as it must be, and nobody but an operator can change that. */
export class UnsuitableStream extends Error {
  override readonly name = "UnsuitableStream";
  constructor(why: string, cause?: unknown) {
    super(`stream ${streamName} cannot be used: ${why}`, { cause });
  }
}

/**
 * Creates the stream, or brings the one that is there to this configuration; what it does not name stays as an operator
 * has set it. Several processes may do so at once.
 * @throws UnsuitableStream with what differs where that cannot be changed, or with what the server refuses; any other
 * error where there was no answer
 */
export async function ensureStream(
  { streams }: JetStreamManager,
  { replicas, maxAgeMs }: { readonly replicas: number; readonly maxAgeMs: number },
): Promise<void> {
  const fixed = { storage: StorageType.File, retention: RetentionPolicy.Limits };
  const wanted = {
    subjects: [progressSubject(">")],
    discard: DiscardPolicy.Old,
    max_age: nanos(maxAgeMs),
    duplicate_window: nanos(Math.min(duplicateWindowMs, maxAgeMs)),
    num_replicas: replicas,
  };
  try {
    const { config } = await addOrFind();
    const others = differing(config, fixed);
    if (others.length > 0) throw new UnsuitableStream(`its ${others.join(" and ")}, which cannot be changed`);
    if (differing(config, wanted).length > 0) await streams.update(streamName, wanted);
  } catch (error) {
    throw error instanceof JetStreamApiError ? new UnsuitableStream(error.message, error) : error;
  }

  async function addOrFind(): Promise<StreamInfo> {
    try {
      return await streams.add({ name: streamName, ...fixed, ...wanted });
    } catch (error) {
      if (error instanceof JetStreamApiError && error.code === nameInUse) return streams.info(streamName);
      throw error;
    }
  }
}

/** Each as in "storage is memory and not file". */
function differing(found: object, wanted: Readonly<Record<string, unknown>>): readonly string[] {
  const have: Readonly<Record<string, unknown>> = { ...found };
  return Object.entries(wanted)
    .filter(([name, value]) => JSON.stringify(have[name]) !== JSON.stringify(value))
    .map(([name, value]) => `${name} is ${JSON.stringify(have[name])} and not ${JSON.stringify(value)}`);
}
