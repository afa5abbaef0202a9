import assert from "node:assert/strict";
import { type Devnet, startDevnet } from "../../src/devnet.ts";
import { remoteChain } from "../../src/keystore/remote-chain.ts";
import { systemPorts } from "../../src/ports.ts";

describe("the keystore's chain behind an RPC", () => {
  let devnet: Devnet;
  before(async () => {
    devnet = await startDevnet({ blockTimeMs: "manual" });
  });
  after(() => devnet.close());

  it("reads a key's nonce and the final block's hash", async () => {
    const chain = remoteChain(devnet.rpcUrl, systemPorts);
    const view = devnet.chain.view();
    const [key = ""] = view.state().publicKeys("mike.near");
    assert.equal(await chain.accessKeyNonce("mike.near", key), view.state().accessKey("mike.near", key)?.nonce);
    assert.equal(await chain.finalBlockHash(), view.final().hash);
  });

  it("says that a key is not there, and that a node is not", async () => {
    const key = "ed25519:11111111111111111111111111111111";
    await assert.rejects(
      remoteChain(devnet.rpcUrl, systemPorts).accessKeyNonce("mike.near", key),
      /does not exist|UNKNOWN/,
    );
    await assert.rejects(remoteChain("http://127.0.0.1:9", systemPorts).finalBlockHash(), TypeError);
  });
});
