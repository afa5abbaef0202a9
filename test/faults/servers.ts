import { findOwnMongodb, findOwnNats, noMongodb, noNats, type OwnMongodb, type OwnNats } from "@outlayer/test-servers";

/** What there is beside the product on this machine, to be killed and started again. */
export interface Servers {
  readonly mongodb: OwnMongodb | undefined;
  readonly nats: OwnNats | undefined;
  /** What is left out for want of a server. */
  readonly leftOut: readonly string[];
  remove(): Promise<void>;
}

export async function findServers(): Promise<Servers> {
  const [newMongodb, newNats] = [await findOwnMongodb(), await findOwnNats()];
  const mongodb = await newMongodb?.();
  const nats = await newNats?.();
  return {
    mongodb,
    nats,
    leftOut: [...(mongodb === undefined ? [noMongodb] : []), ...(nats === undefined ? [noNats] : [])],
    async remove() {
      await mongodb?.remove();
      await nats?.remove();
    },
  };
}
