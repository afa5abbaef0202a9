import { borrowNats } from "@outlayer/test-servers";

/** NATS, where this machine has one: without it a broadcaster finds new workflows up to two seconds late, and all else is the same. */
export function natsIfAny(): Promise<{ readonly url: string; stop(): Promise<void> } | undefined> {
  return borrowNats().catch(() => undefined);
}
