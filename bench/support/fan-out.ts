import { dust } from "../../test/support/steps.ts";
import { Load, requestText } from "./load.ts";
import type { ReadersResult } from "./readers-process.ts";
import { ids, type Shape } from "./way-in.ts";

const workflows = 100;
const readersEach = 10;

/** The same events read by many, and processor time for each event of each reader. */
export interface FanOut extends ReadersResult {
  readonly shape: Shape["name"];
  readonly cpuMs: number;
}

/**
 * A hundred workflows begin, and each has ten readers of its event stream. The chain goes on once all are connected.
 * @param ms time that is counted from there
 */
export async function fanOut(shape: Shape, ms: number): Promise<FanOut> {
  const load = Load.ofReaders();
  try {
    const walletOf = (index: number) => ids[index % ids.length] ?? "";
    const indexes = [...Array(workflows).keys()];
    await shape.blocks("stop");
    const requestIds = await Promise.all(indexes.map((index) => shape.rest(walletOf(index)).begin([dust])));
    const requests = requestIds.flatMap((requestId, index) => {
      const url = new URL(`/wallet/v1/workflows/${requestId}/events`, shape.restUrl);
      const headers = { "x-wallet-id": walletOf(index), "x-internal-wallet-auth": shape.token };
      return Array.from({ length: readersEach }, () => requestText(url, "GET", headers));
    });
    const { hostname: host, port } = new URL(shape.restUrl);
    let before = await shape.used();
    const read = await load.run({ host, port: Number(port), requests, ms }, async () => {
      await shape.blocks("go");
      before = await shape.used();
    });
    const { cpuMs } = await shape.used();
    return { ...read, shape: shape.name, cpuMs: (cpuMs - before.cpuMs) / Math.max(1, read.events) };
  } finally {
    load.stop();
  }
}
