import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Devnet, startDevnet } from "@outlayer/devnet";
import { type NearArguments, readNearChoice } from "../embedded/src/near-options.ts";
import { readContractsFile } from "../embedded/src/own-node/contracts-file.ts";
import { OwnNode } from "../embedded/src/own-node/own-node.ts";
import { startOwnNear } from "../embedded/src/own-node/start-own-near.ts";
import { contractsOf } from "./acceptance/support/own-system.ts";

type Given = Record<string, unknown>;

describe("a NEAR node of one's own", () => {
  const directory = mkdtempSync(join(tmpdir(), "own-node-"));
  const path = join(directory, "contracts.json");
  let devnet: Devnet;

  before(async () => {
    devnet = await startDevnet({ seed: "own node", blockTimeMs: 20 });
    writeFileSync(join(directory, "counter.wasm"), "devnet contract counter");
  });
  after(async () => {
    await devnet.close();
    rmSync(directory, { recursive: true });
  });

  function contracts(change: (given: Given) => unknown = (given) => given) {
    writeFileSync(path, JSON.stringify(change({ ...contractsOf(devnet) })));
    return readContractsFile(path);
  }

  /** Starts on the devnet, stops again. @returns what was made */
  async function startOn(change?: (given: Given) => unknown): Promise<readonly string[]> {
    const said: string[] = [];
    const near = await startOwnNear(devnet.rpcUrl, contracts(change), (line) => void said.push(line));
    await near.stop();
    return said;
  }

  it("makes accounts, contracts and wallets' tokens that the node lacks, once", async () => {
    const said = await startOn();
    // The counter's `init` counts: its code came first.
    assert.equal(await new OwnNode(devnet.rpcUrl).view("counter.sequential.near", "get_count", {}), 1);
    assert.deepEqual(
      said.map((line) => line.split(" ").slice(0, 2).join(" ")),
      [
        "making account",
        `deploying ${join(directory, "counter.wasm")}`,
        "making acceptance-1's",
        "depositing 100000000000000000000000",
        "making acceptance-2's",
        "depositing 100000000000000000000000",
      ],
    );
    assert.deepEqual(await startOn(), []);
  });

  const missing: readonly (readonly [what: string, change: (given: Given) => unknown, message: RegExp])[] = [
    [
      "an account that no funder pays for",
      ({ funder: _, ...given }) => ({ ...given, wallets: ["nobody"] }),
      /^wallets: nobody's account [0-9a-f]{64} does not exist, and the file names no funder to pay for it$/,
    ],
    [
      "an account that is no sub-account of the funder",
      (given) => ({ ...given, relayer: { ...(given.relayer as Given), account_id: "relayer.other.near" } }),
      /^relayer: account relayer\.other\.near does not exist, and only sequential\.near's sub-accounts can be made$/,
    ],
    [
      "a contract without code and without wasm",
      (given) => ({ ...given, gate: { account_id: "mike.near" } }),
      /^gate: account mike\.near has no contract, and the file does not name both wasm and secret_key$/,
    ],
    [
      "wasm that is not there",
      (given) => ({ ...given, gate: { ...(given.relayer as Given), wasm: "none.wasm" } }),
      /^gate: wasm: ENOENT/,
    ],
  ];
  for (const [what, change, message] of missing) {
    it(`names ${what}`, () => assert.rejects(startOn(change), { name: "ContractsFileError", message }));
  }

  it("says that a node does not answer, without the path of its URL, which may hold a key", async () => {
    const url = "http://127.0.0.1:9/v1/secret-of-a-provider";
    await assert.rejects(
      startOwnNear(url, contracts(), () => {}),
      (error: Error) => {
        assert.match(error.message, /^the NEAR node at http:\/\/127\.0\.0\.1:9 does not answer/);
        assert.doesNotMatch(error.message, /secret-of-a-provider/);
        return true;
      },
    );
  });

  const badFiles: readonly (readonly [change: (given: Given) => unknown, message: RegExp])[] = [
    [
      (given) => ({ ...given, gate: { account_id: "Gate" } }),
      /contracts\.json: gate\.account_id: must be an account id$/,
    ],
    [(given) => ({ ...given, keystore_secret: "07" }), /keystore_secret: must be 64 hexadecimal digits$/],
    [
      (given) => ({ ...given, relayer: { account_id: "a.near", secret_key: "ed25519:hush" } }),
      /relayer\.secret_key: must be/,
    ],
    [(given) => ({ ...given, wallets: [] }), /wallets: /],
    [(given) => ({ ...given, relayers: [] }), /the file: Unrecognized key: "relayers"$/],
  ];
  for (const [change, message] of badFiles) {
    it(`refuses a file by its place: ${message.source}`, () => {
      assert.throws(
        () => contracts(change),
        (error: Error) => {
          assert.equal(error.name, "ContractsFileError");
          assert.match(error.message, message);
          assert.doesNotMatch(error.message, /hush/);
          return true;
        },
      );
    });
  }

  it("refuses a file that is no JSON without quoting it", () => {
    writeFileSync(path, '{"keystore_secret": "hush');
    assert.throws(() => readContractsFile(path), { message: `${path}: it is no JSON` });
  });

  const choices: readonly (readonly [given: NearArguments, error: string])[] = [
    [{ "near-rpc": "http://127.0.0.1:9" }, "--near-rpc and --contracts go together"],
    [{ contracts: "file.json" }, "--near-rpc and --contracts go together"],
    [{ "near-rpc": "ftp://node", contracts: "file.json" }, "--near-rpc must be an http or https URL"],
    [
      { "near-rpc": "http://node", contracts: "file.json", "block-time-ms": "100" },
      "--block-time-ms is the devnet's: it does not go with --near-rpc",
    ],
    [{ "block-time-ms": "5" }, "--block-time-ms must be an integer from 10 to 60000"],
    [
      { "near-rpc": "http://node", contracts: "none.json" },
      "none.json: ENOENT: no such file or directory, open 'none.json'",
    ],
  ];
  for (const [given, message] of choices) {
    it(`refuses ${JSON.stringify(given)}: ${message}`, () => assert.throws(() => readNearChoice(given), { message }));
  }
});
