import { CallCounters } from "../../../../devnet/src/control/counters.ts";
import { FaultPlan } from "../../../../devnet/src/control/faults.ts";
import { listen } from "../../../../devnet/src/control/http-server.ts";
import { Keystore, tokenHash } from "../../../../devnet/src/keystore/keystore.ts";
import { systemPorts } from "../../../../devnet/src/ports.ts";
import { startMs } from "./proxy.ts";
import { keystoreToken } from "./scripted-keystore.ts";

/** The devnet's keystore alone, on a free port, with the master secret of the published vector. */
export async function startDevnetKeystore() {
  const noChain = () => {
    throw new Error("there is no chain");
  };
  const faults = new FaultPlan();
  const keystore = new Keystore({
    ports: systemPorts,
    now: () => startMs,
    faults,
    counters: new CallCounters(),
    chain: { accessKeyNonce: noChain, finalBlockHash: noChain },
    masterSecret: new Uint8Array(32).fill(7),
    tokenHashes: [tokenHash(keystoreToken)],
  });
  const listener = await listen(keystore.handle, 0);
  return {
    url: listener.url,
    keystore,
    faults,
    [Symbol.asyncDispose]: () => listener.close(),
  };
}
