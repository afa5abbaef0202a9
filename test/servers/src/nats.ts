import { needServer } from "./run.ts";

/** For a suite's `before` hook: the URL of the NATS, with JetStream, that this run's tests share. */
export function needNats(context: Mocha.Context): Promise<string> {
  return needServer("nats", context);
}
