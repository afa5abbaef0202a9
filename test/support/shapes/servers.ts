import { type Mongodb, needMongodb, needNats } from "@outlayer/test-servers";

/** What the distributed shape runs on. */
export interface Servers {
  readonly mongodb: Mongodb;
  readonly natsUrl: string;
}

let servers: Servers | undefined;

/** For a suite's `before` hook. */
export async function needServers(context: Mocha.Context): Promise<void> {
  servers = { natsUrl: await needNats(context), mongodb: await needMongodb(context) };
}

/** @throws Error where nobody has asked for them before */
export function neededServers(): Servers {
  if (servers === undefined) throw new Error("the distributed shape needs servers: define the suite in describeShapes");
  return servers;
}
