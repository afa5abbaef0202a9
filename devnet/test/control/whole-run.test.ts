import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { describe, it } from "mocha";
import { decodeSignedDelegate } from "../../src/crypto/delegate.ts";
import type { Devnet } from "../../src/devnet.ts";
import { accountNames } from "../../src/genesis.ts";
import { paths, post } from "../keystore/support.ts";
import { callAction, result, settle, signed, tera, withDevnet } from "./support.ts";

const { gate, relayer, approver, verifier } = accountNames;
const token_id = "nep141:wrap.near";

async function view(devnet: Devnet, account_id: string, method_name: string, args: unknown = {}): Promise<unknown> {
  const args_base64 = Buffer.from(JSON.stringify(args)).toString("base64");
  const request = { request_type: "call_function", finality: "optimistic", account_id, method_name, args_base64 };
  return JSON.parse(Buffer.from((await result(devnet, "query", request)).result).toString());
}

/** A transfer in the verifier, signed by the keystore for that wallet. */
async function signedPayload(devnet: Devnet, walletId: string, receiver_id: string, amount: string): Promise<unknown> {
  const salt = (await view(devnet, verifier, "current_salt")) as string;
  const deadlineMs = devnet.controls.clock.now() + 300_000;
  const deadline = Buffer.alloc(8);
  deadline.writeBigInt64LE(BigInt(Math.ceil(deadlineMs)) * 1_000_000n);
  const nonce = Buffer.concat([Buffer.from(`5628f6c600${salt}`, "hex"), deadline, randomBytes(15)]).toString("base64");
  const message = JSON.stringify({
    signer_id: devnet.controls.wallets.get(walletId).accountId,
    deadline: new Date(deadlineMs - 1_000).toISOString(),
    intents: [{ intent: "transfer", receiver_id, tokens: { [token_id]: amount } }],
  });
  const request = { wallet_id: walletId, chain: "near", message, nonce_base64: nonce, recipient: verifier };
  const { json } = await post(devnet, paths.nep413, request);
  const payload = { message, nonce, recipient: verifier };
  return { standard: "nep413", payload, public_key: json.public_key, signature: json.signature_base58 };
}

async function submit(devnet: Devnet, walletId: string, payload: unknown, nonce: number): Promise<string> {
  const { json } = await post(devnet, paths.delegate, {
    wallet_id: walletId,
    sender_id: devnet.controls.wallets.get(walletId).accountId,
    receiver_id: verifier,
    method_name: "execute_intents",
    args_json: JSON.stringify({ signed: [payload] }),
    gas: 100_000_000_000_000,
    deposit: "0",
    nonce,
    max_block_height: Number(devnet.chain.head.height) + 180,
  });
  const call = callAction("submit_intent", { signed_delegate: json.signed_delegate_base64 }, 250n * tera);
  const { base64, hash } = signed(devnet, relayer, gate, [call]);
  await result(devnet, "broadcast_tx_async", [base64]);
  return hash;
}

async function resume(devnet: Devnet, intent_ids: readonly string[], fee: string, gas: bigint): Promise<string> {
  const call = callAction("resume_batch_chained", { intent_ids }, gas, BigInt(fee));
  const { base64, hash } = signed(devnet, approver, gate, [call]);
  await result(devnet, "broadcast_tx_async", [base64]);
  return hash;
}

function status(devnet: Devnet, tx_hash: string) {
  return result(devnet, "EXPERIMENTAL_tx_status", { tx_hash, sender_account_id: relayer, wait_until: "NONE" });
}

describe("a whole run", () => {
  for (const [count, fee, gas] of [
    [3, "30000000000000000000000", 100n],
    [12, "60000000000000000000000", 150n],
  ] as const) {
    it(`moves tokens in the verifier by ${count} intents of the gate, in the order of the resume`, () =>
      withDevnet(async (devnet) => {
        const [from, to] = devnet.wallets;
        assert.ok(from && to);
        const balance = async () =>
          BigInt((await view(devnet, verifier, "mt_balance_of", { account_id: to.accountId, token_id })) as string);
        const before = await balance();
        const hashes: string[] = [];
        for (let index = 0; index < count; index += 1) {
          const payload = await signedPayload(devnet, from.walletId, to.accountId, `${index + 1}`);
          hashes.push(await submit(devnet, from.walletId, payload, 1_760_000_000_000 + index));
        }
        settle(devnet);
        const ids = ((await view(devnet, gate, "list_pending")) as string[]).toReversed();
        const resumed = await resume(devnet, ids, fee, gas * tera);
        settle(devnet);
        assert.deepEqual((await status(devnet, resumed)).status, { SuccessValue: "" });
        assert.equal((await balance()) - before, BigInt((count * (count + 1)) / 2));
        const heights: number[] = [];
        for (const id of ids) {
          const { receipts_outcome } = await status(devnet, hashes[Number(id)] ?? "");
          const target = receipts_outcome.find(
            ({ outcome }: { outcome: { executor_id: string } }) => outcome.executor_id === verifier,
          );
          const { header } = await result(devnet, "block", { block_id: target.block_hash });
          heights.push(header.height);
          const [event] = target.outcome.logs;
          assert.ok(event.startsWith('EVENT_JSON:{"standard":"dip4"'));
        }
        assert.deepEqual(
          heights.map((height) => height - (heights[0] ?? 0)),
          ids.map((_, index) => index * 3),
        );
        assert.deepEqual(devnet.controls.gate.state.tail, []);
      }));
  }

  it("locks a quarter of a NEAR of the relayer's for each intent that is pending", () =>
    withDevnet(async (devnet) => {
      const [from, to] = devnet.wallets;
      const amount = () => devnet.controls.accounts.get(relayer)?.amount ?? 0n;
      const start = amount();
      const payload = await signedPayload(devnet, from?.walletId ?? "", to?.accountId ?? "", "1");
      await submit(devnet, from?.walletId ?? "", payload, 1);
      settle(devnet);
      const quarter = 250n * 10n ** 21n;
      assert.ok(start - amount() > quarter - 10n ** 22n && start - amount() < quarter + 10n ** 22n);
      await resume(devnet, ["0"], "30000000000000000000000", 100n * tera);
      settle(devnet);
      assert.ok(start - amount() < quarter / 2n);
    }));

  it("refuses the same delegate off the gate, where its nonce is below the key's", () =>
    withDevnet(async (devnet) => {
      const [from] = devnet.wallets;
      const { json } = await post(devnet, paths.delegate, {
        wallet_id: from?.walletId,
        sender_id: from?.accountId,
        receiver_id: accountNames.counter,
        method_name: "increase",
        gas: 10_000_000_000_000,
        deposit: "0",
        nonce: 1_760_000_000_000,
        max_block_height: Number(devnet.chain.head.height) + 180,
      });
      const bytes = new Uint8Array(Buffer.from(json.signed_delegate_base64, "base64"));
      const action = { kind: "delegate", signedDelegate: decodeSignedDelegate(bytes) } as const;
      const { base64, hash } = signed(devnet, accountNames.user, from?.accountId ?? "", [action]);
      await result(devnet, "broadcast_tx_async", [base64]);
      settle(devnet);
      const { ActionError } = (await status(devnet, hash)).status.Failure;
      assert.deepEqual(Object.keys(ActionError.kind), ["DelegateActionInvalidNonce"]);
    }));
});
