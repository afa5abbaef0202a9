import assert from "node:assert/strict";
import { predecessorCallProblem } from "../src/predecessor-calls.ts";

const problem = (receiverId: string, methodName: string) =>
  predecessorCallProblem({ receiverId, methodName }, "intents.near");

describe("a call through the gate cannot act on what belongs to the gate:", () => {
  const changes = [
    ...["ft_transfer", "ft_transfer_call", "ft_withdraw", "ft_burn", "ft_on_transfer", "ft_resolve_transfer"],
    ...["nft_transfer", "nft_transfer_call", "nft_transfer_payout", "nft_approve", "nft_revoke", "nft_revoke_all"],
    ...["nft_withdraw", "nft_burn", "mt_transfer", "mt_transfer_call", "mt_batch_transfer", "mt_batch_transfer_call"],
    ...["mt_approve", "mt_revoke", "mt_revoke_all", "mt_withdraw", "mt_burn", "mt_mint"],
    ...["native_withdraw", "near_withdraw", "storage_withdraw", "storage_unregister", "add_public_key"],
    ...["remove_public_key", "disable_auth_by_predecessor_id", "inc_allowance", "transfer", "transfer_from", "approve"],
    // No standard has these yet.
    ...["ft_swap_all", "nft_lend", "mt_bridge"],
  ];
  for (const method of changes) {
    it(`${method} is refused at a token, and at the verifier`, () => {
      assert.match(problem("token.near", method) ?? "", new RegExp(`^${method} acts on what belongs to its caller`));
      assert.match(problem("intents.near", method) ?? "", /^at intents\.near the gate may call execute_intents alone/);
    });
  }

  it("the verifier is called with execute_intents, and with nothing else", () => {
    assert.equal(problem("intents.near", "execute_intents"), undefined);
    for (const method of ["simulate_intents", "set_fee", "execute_intents_", "Execute_intents", "mt_balance_of"]) {
      assert.notEqual(problem("intents.near", method), undefined);
    }
  });

  it("other contracts are called with what authenticates by its arguments, and with views", () => {
    for (const method of [
      "set",
      "increase",
      "on_message",
      "execute_intents",
      "ft_balance_of",
      "nft_tokens",
      "ftx",
      "aft_x",
    ]) {
      assert.equal(problem("other.near", method), undefined);
    }
  });
});
