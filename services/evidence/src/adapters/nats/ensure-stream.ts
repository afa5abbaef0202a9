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

/** How long the server recognizes a message id, milliseconds. Later repeats are refused by the expected sequence. */
const duplicateWindowMs = 120_000;
const nameInUse = 10058;

/** The stream differs from its configuration in a way that only an operator can change. */
export class UnsuitableStream extends Error {
  override readonly name = "UnsuitableStream";
  constructor(why: string, cause?: unknown) {
    super(`stream ${streamName} cannot be used: ${why}`, { cause });
  }
}

/**
 * Creates the stream, or updates an existing one to this configuration; fields that it does not name stay as the operator set
 * them. Several processes may do so at once.
 * @throws UnsuitableStream with the differences that cannot be changed, or with the server's refusal; any other error where
 * there was no answer
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

/** Differences, each as in "storage is memory and not file". */
function differing(found: object, wanted: Readonly<Record<string, unknown>>): readonly string[] {
  const have: Readonly<Record<string, unknown>> = { ...found };
  return Object.entries(wanted)
    .filter(([name, value]) => JSON.stringify(have[name]) !== JSON.stringify(value))
    .map(([name, value]) => `${name} is ${JSON.stringify(have[name])} and not ${JSON.stringify(value)}`);
}
