import { type Bus, InProcessBus } from "../bus.ts";
import type { Running } from "../run.ts";
import { NatsClient, type NatsDeps } from "./client.ts";
import type { NatsConfig } from "./config.ts";
import { NatsBus } from "./nats-bus.ts";

/** How a process exchanges wake-up signals with others. */
export interface Messaging {
  readonly bus: Bus;
  /** Undefined where all services share one process. */
  readonly nats: NatsClient | undefined;
  /** Call it after everything that publishes has stopped. */
  stop(): Promise<void>;
}

export function openMessaging(config: NatsConfig | undefined, deps: NatsDeps): Messaging {
  if (config === undefined) return { bus: new InProcessBus(), nats: undefined, async stop() {} };
  const nats = new NatsClient(config, deps);
  return { bus: new NatsBus(nats), nats, stop: () => nats.stop() };
}

/** Starts a service that publishes and subscribes; stops the messaging after it, or when it fails to start. */
export async function runOn(messaging: Messaging, start: () => Promise<Running>): Promise<Running> {
  let running: Running;
  try {
    running = await start();
  } catch (error) {
    await messaging.stop();
    throw error;
  }
  return {
    async stop() {
      await running.stop();
      await messaging.stop();
    },
    abandon: (why) => running.abandon?.(why),
  };
}
