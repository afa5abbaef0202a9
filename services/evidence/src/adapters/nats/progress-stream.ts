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

/** For the server to answer, milliseconds. */
const timeout = 5000;
/** The server's codes for a message that would not follow the one that it was said to follow, or is being stored already. */
const notNext: readonly number[] = [10071, 10164, 10158];
const streamNotFound = 10059;

/** Where the stream stands with a workflow: its latest version there, and that message's sequence; 0 where there is none. */
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
 * Progress of all workflows in JetStream. Each message names the one of its workflow that it follows, so the server
 * itself keeps every workflow's versions in order, each once, whoever publishes them and however often.
 */
export class ProgressStream {
  readonly #nats: NatsClient;
  /** Of the connection on which the stream was last found as it must be. */
  #session: Session | undefined;

  constructor(nats: NatsClient) {
    this.#nats = nats;
  }

  get isAway(): boolean {
    return this.#nats.connection === undefined;
  }

  /** Whether it was found as it must be, and can be reached. */
  get isUp(): boolean {
    const { connection } = this.#nats;
    return connection !== undefined && connection === this.#session?.connection;
  }

  /** Calls `use` whenever the server may be another one than before, so that the stream has to be made ready again. */
  onConnect(use: () => void): void {
    this.#nats.onConnect(() => {
      this.#session = undefined;
      use();
    });
  }

  /** Brings the stream into being, if there is a connection. @throws as `ensureStream` does */
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
      // Somebody deleted it: it has to be made ready again, though the connection is the same.
      if (error instanceof JetStreamApiError && error.code === streamNotFound) this.#session = undefined;
      throw error;
    });
    if (message === null) return { version: 0, sequence: 0 };
    const id = message.header.get("Nats-Msg-Id");
    const version = Number(id.slice(requestId.length + 1));
    if (id !== messageId(requestId, version)) throw new Error(`a message of ${requestId} has the id ${id}`);
    return { version, sequence: message.seq };
  }

  /** Resolves once the stream has it, right after the message at `after`; undefined when another one is there. */
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
