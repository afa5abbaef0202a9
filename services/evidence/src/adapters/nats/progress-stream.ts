import { toBinary } from "@bufbuild/protobuf";
import {
  JetStreamApiError,
  type JetStreamClient,
  type JetStreamManager,
  jetstream,
  jetstreamManager,
} from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/transport-node";
import { type ProgressEvent, ProgressEventSchema } from "@outlayer/contracts/outlayer/progress/v1/progress";
import { messageHeaders, type NatsClient } from "@outlayer/kit";
import { ensureStream, progressSubject, streamName } from "./ensure-stream.ts";

/** Time limit for the server to answer, milliseconds. */
const timeout = 5000;
/** The server's codes for a message whose expected predecessor is not the last one, or that is being stored already. */
const notNext: readonly number[] = [10071, 10164, 10158];
const streamNotFound = 10059;

/** The last message of a workflow in the stream: its version, and its sequence; 0 where there is none. */
export interface Position {
  readonly version: number;
  readonly sequence: number;
}

interface Session {
  readonly connection: NatsConnection;
  readonly client: JetStreamClient;
  readonly manager: JetStreamManager;
}

/**
 * Progress of all workflows in JetStream. Each message names its predecessor of the same workflow, so the server itself keeps
 * every workflow's versions in order, each once, however many processes publish them how often.
 */
export class ProgressStream {
  readonly #nats: NatsClient;
  /** The connection on which the stream was last found in order. */
  #session: Session | undefined;

  constructor(nats: NatsClient) {
    this.#nats = nats;
  }

  get isAway(): boolean {
    return this.#nats.connection === undefined;
  }

  /** Whether the stream was found in order, and can be reached. */
  get isUp(): boolean {
    const { connection } = this.#nats;
    return connection !== undefined && connection === this.#session?.connection;
  }

  /** Calls `use` after each connect, when the server may be another one and the stream has to be checked again. */
  onConnect(use: () => void): void {
    this.#nats.onConnect(() => {
      this.#session = undefined;
      use();
    });
  }

  /** Creates or updates the stream, if there is a connection. @throws as `ensureStream` does */
  async makeReady(): Promise<void> {
    const { connection, config } = this.#nats;
    if (connection === undefined) return;
    const manager = await jetstreamManager(connection, { timeout, checkAPI: false });
    await ensureStream(manager, config);
    this.#session = { connection, manager, client: jetstream(connection, { timeout }) };
  }

  async last(requestId: string): Promise<Position> {
    const { streams } = this.#ready().manager;
    const lastOfSubject = { last_by_subj: progressSubject(requestId) };
    const message = await streams.getMessage(streamName, lastOfSubject).catch((error) => {
      // Somebody deleted the stream: it has to be created again on the same connection.
      if (error instanceof JetStreamApiError && error.code === streamNotFound) this.#session = undefined;
      throw error;
    });
    if (message === null) return { version: 0, sequence: 0 };
    const id = message.header.get("Nats-Msg-Id");
    const version = Number(id.slice(requestId.length + 1));
    if (id !== messageId(requestId, version)) throw new Error(`a message of ${requestId} has the id ${id}`);
    return { version, sequence: message.seq };
  }

  /** Publishes a message that follows the one at `after`; undefined when another one follows it already. */
  async publish(progress: ProgressEvent, after: Position): Promise<Position | undefined> {
    const { requestId } = progress;
    const version = Number(progress.version);
    try {
      const { seq } = await this.#ready().client.publish(
        progressSubject(requestId),
        toBinary(ProgressEventSchema, progress),
        {
          msgID: messageId(requestId, version),
          headers: messageHeaders(),
          expect: { streamName, lastSubjectSequence: after.sequence },
        },
      );
      return { version, sequence: seq };
    } catch (error) {
      if (error instanceof JetStreamApiError && notNext.includes(error.code)) return undefined;
      throw error;
    }
  }

  #ready(): Session {
    const session = this.#session;
    if (session === undefined || !this.isUp) throw new Error("the stream is away");
    return session;
  }
}

const messageId = (requestId: string, version: number) => `${requestId}:${version}`;
