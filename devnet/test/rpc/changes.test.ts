import assert from "node:assert/strict";
import { RpcStateChangesInBlockResponseSchema } from "@near-js/jsonrpc-types";
import { describe, it } from "mocha";
import { parsePublicKey } from "../../src/crypto/keys.ts";
import type { Devnet } from "../../src/devnet.ts";
import { accountNames } from "../../src/genesis.ts";
import { assertSchema, refusal, result, settle, signed, withDevnet } from "./support.ts";

const { user, relayer } = accountNames;

/** Every change of the accounts' keys on the chain, with the height of its block. */
async function allChanges(devnet: Devnet, account_ids: readonly string[]) {
  const found = [];
  for (let { height } = devnet.chain.genesis; height <= devnet.chain.head.height; height += 1n) {
    if (devnet.chain.view().atHeight(height) === undefined) continue;
    const asked = { changes_type: "all_access_key_changes", account_ids, block_id: Number(height) };
    const answer = await result(devnet, "EXPERIMENTAL_changes", asked);
    assertSchema(RpcStateChangesInBlockResponseSchema, answer);
    for (const change of answer.changes) found.push(change);
  }
  return found;
}

describe("EXPERIMENTAL_changes", () => {
  it("tells which keys a block deleted, by an action or with their account, and what caused it", () =>
    withDevnet(async (devnet) => {
      const publicKey = devnet.chain.view().state().publicKeys(user)[0] ?? "";
      const second = devnet.chain.view().state().publicKeys(relayer)[0] ?? "";
      devnet.controls.accounts.addKey(user, second, { kind: "fullAccess" });
      settle(devnet);
      const deletion = signed(devnet, user, user, [{ kind: "deleteKey", publicKey: parsePublicKey(second) }]);
      await result(devnet, "send_tx", { signed_tx_base64: deletion.base64, wait_until: "NONE" });
      settle(devnet);
      const byAction = (await allChanges(devnet, [user])).filter(({ type }) => type === "access_key_deletion");
      assert.deepEqual(
        byAction.map(({ change }) => change),
        [{ account_id: user, public_key: second }],
      );
      assert.equal(byAction[0].cause.type, "receipt_processing");

      const end = signed(devnet, user, user, [{ kind: "deleteAccount", beneficiaryId: relayer }]);
      await result(devnet, "send_tx", { signed_tx_base64: end.base64, wait_until: "NONE" });
      settle(devnet);
      const all = (await allChanges(devnet, [user])).filter(({ type }) => type === "access_key_deletion");
      assert.deepEqual(
        all.map(({ change }) => change.public_key),
        [second, publicKey],
      );
    }));

  it("tells a key's use as an update, and nothing of accounts that were not asked about", () =>
    withDevnet(async (devnet) => {
      const sent = signed(devnet, user, user, [{ kind: "transfer", deposit: 1n }]);
      await result(devnet, "send_tx", { signed_tx_base64: sent.base64, wait_until: "NONE" });
      settle(devnet);
      const [update, ...others] = await allChanges(devnet, [user]);
      assert.deepEqual(
        [update.type, update.cause, others],
        ["access_key_update", { type: "transaction_processing", tx_hash: sent.hash }, []],
      );
      assert.deepEqual(await allChanges(devnet, [relayer]), []);
    }));

  for (const [params, cause] of [
    [{ changes_type: "all_access_key_changes", account_ids: [user], block_id: 1 }, "UNKNOWN_BLOCK"],
    [{ changes_type: "data_changes", account_ids: [user], finality: "final" }, "PARSE_ERROR"],
    [{ changes_type: "all_access_key_changes", finality: "final" }, "PARSE_ERROR"],
  ] as const) {
    it(`refuses ${JSON.stringify(params)} as ${cause}`, () =>
      withDevnet(async (devnet) => {
        assert.equal((await refusal(devnet, "EXPERIMENTAL_changes", params)).cause.name, cause);
      }));
  }
});
