import { needMongodb, needNats } from "@outlayer/test-servers";
import { ServiceProcesses } from "../support/service-processes.ts";

type Options = Parameters<typeof ServiceProcesses.prepare>[0];

/**
 * Services of a suite as processes on a MongoDB and a NATS, from before its first test to after its last.
 * @param wallets that the devnet's keystore has from the start
 * @returns them, for the tests
 */
export function processesOfSuite(
  options: Pick<NonNullable<Options>, "counts" | "environment">,
  { blockTimeMs, wallets }: { readonly blockTimeMs: number; readonly wallets: readonly string[] },
): () => ServiceProcesses {
  let processes: ServiceProcesses;
  let drop: () => Promise<void>;
  before(async function () {
    this.timeout(120_000);
    const NATS_URL = await needNats(this);
    const database = (await needMongodb(this)).database();
    drop = database.drop;
    processes = await ServiceProcesses.prepare({
      ...options,
      environment: { ...options.environment, DATABASE_URL: database.url, NATS_URL },
      devnet: { blockTimeMs, genesis: { wallets: wallets.map((walletId) => ({ walletId })) } },
    });
    await processes.startAll();
  });
  after(async () => {
    try {
      await processes?.endAll("SIGKILL");
    } finally {
      await processes?.[Symbol.asyncDispose]();
      await drop?.();
    }
  });
  return () => processes;
}
