import { headers, type NatsConnection, type Subscription } from "@nats-io/transport-node";
import { type Bus, InProcessBus } from "../bus.ts";
import { contextOf, inContext } from "../call-context.ts";
import type { NatsClient } from "./client.ts";
import { messageHeaders } from "./message-headers.ts";

/** A subject with subscribers in this process. */
interface SubjectState {
  readers: number;
  /** Undefined before the first connection. */
  subscription: Subscription | undefined;
}

/**
 * The bus of separate processes, on core NATS: at most once, nothing is stored. Within the process it delivers at once and
 * without NATS.
 */
export class NatsBus implements Bus {
  readonly #nats: NatsClient;
  readonly #local = new InProcessBus();
  readonly #heard = new Map<string, SubjectState>();

  constructor(nats: NatsClient) {
    this.#nats = nats;
    nats.onConnect((connection) => {
      // A reconnected connection still has its subscriptions.
      for (const [subject, heard] of this.#heard) {
        if (heard.subscription?.isClosed() ?? true) heard.subscription = this.#listen(connection, subject);
      }
    });
  }

  get hearsOthers(): boolean {
    return this.#nats.connection !== undefined;
  }

  publish(subject: string, data: Uint8Array): void {
    this.#local.publish(subject, data);
    try {
      this.#nats.connection?.publish(subject, data, { headers: messageHeaders() });
    } catch {
      // The connection is being closed.
    }
  }

  subscribe(subject: string, receive: (data: Uint8Array) => void): () => void {
    const end = this.#local.subscribe(subject, receive);
    const heard = this.#heard.get(subject) ?? { readers: 0, subscription: undefined };
    heard.readers += 1;
    this.#heard.set(subject, heard);
    const { connection } = this.#nats;
    if (connection !== undefined) heard.subscription ??= this.#listen(connection, subject);
    return () => {
      end();
      heard.readers -= 1;
      if (heard.readers > 0) return;
      this.#heard.delete(subject);
      heard.subscription?.unsubscribe();
    };
  }

  #listen(connection: NatsConnection, subject: string): Subscription | undefined {
    try {
      return connection.subscribe(subject, {
        callback: (error, message) => {
          if (error !== null) return;
          const context = contextOf(message.headers ?? headers());
          inContext(context, () => this.#local.publish(subject, message.data));
        },
      });
    } catch {
      // The connection is being closed.
      return undefined;
    }
  }
}
