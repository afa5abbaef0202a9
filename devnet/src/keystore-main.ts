import { parseArgs } from "node:util";
import { CallCounters } from "./control/counters.ts";
import { FaultPlan } from "./control/faults.ts";
import { listen } from "./control/http-server.ts";
import { implicitAccount } from "./keystore/derivation.ts";
import { Keystore, tokenHash } from "./keystore/keystore.ts";
import { remoteChain } from "./keystore/remote-chain.ts";
import { systemPorts as ports } from "./ports.ts";
import { writeReadyFile } from "./ready-file.ts";

const usage = `node devnet/src/keystore-main.ts --near-rpc URL --wallets ID,ID --ready-file PATH
  A keystore alone, on a free loopback port, for a chain that is elsewhere. Its wallets have no policies. It ends when
  standard input closes. KEYSTORE_SECRET: the master secret, 64 hexadecimal digits.
`;

function fail(message: string): never {
  process.stderr.write(`${message}\n${usage}`);
  process.exit(2);
}

const text = { type: "string" } as const;
const { values } = parseArgs({ options: { "near-rpc": text, wallets: text, "ready-file": text } });
const { "near-rpc": rpcUrl, wallets, "ready-file": readyFile } = values;
if (rpcUrl === undefined || wallets === undefined || readyFile === undefined) fail("an option is missing");
const masterSecret = process.env.KEYSTORE_SECRET ?? "";
if (!/^[0-9a-f]{64}$/.test(masterSecret)) fail("KEYSTORE_SECRET must be 64 hexadecimal digits");

const token = `keystore-${tokenHash(`keystore token ${masterSecret}`).slice(0, 32)}`;
const keystore = new Keystore({
  ports,
  now: ports.now,
  faults: new FaultPlan(),
  counters: new CallCounters(),
  chain: remoteChain(rpcUrl, ports),
  masterSecret: Buffer.from(masterSecret, "hex"),
  tokenHashes: [tokenHash(token)],
});
const listener = await listen(keystore.handle, 0);
const end = () => void listener.close().then(() => process.exit());
process.on("SIGINT", end).on("SIGTERM", end);
process.stdin.on("end", end).on("close", end).resume();
const accounts = wallets.split(",").map((wallet_id) => ({
  wallet_id,
  account_id: implicitAccount(keystore.walletKey(wallet_id)),
}));
writeReadyFile(readyFile, { keystore: listener.url, keystore_token: token, wallets: accounts });
