import assert from "node:assert/strict";
import { describe, it } from "mocha";
import type { Chain } from "../../src/chain/chain.ts";
import type { Json } from "../../src/chain/errors.ts";
import type { NonDelegateAction } from "../../src/crypto/actions.ts";
import { type DelegateAction, delegateHash } from "../../src/crypto/delegate.ts";
import { signHash } from "../../src/crypto/sign.ts";
import {
  addKey,
  callAction,
  chainWith,
  deployContract,
  failureOf,
  firstNonce,
  json,
  near,
  outcomes,
  publicKeyOf,
  rawKeyOf,
  receiptOutcome,
  seedOf,
  settle,
  submit,
  tera,
  testContract,
  text,
  transferAction,
} from "./support.ts";

const witness = testContract({ who: (env) => json([env.predecessor, env.signer, `${env.deposit}`]) });

function setUp(): Chain {
  const chain = chainWith(["alice.near", "relayer.near", "witness.near"]);
  deployContract(chain, "witness.near", witness);
  return chain;
}

interface Relay {
  readonly key?: string;
  readonly signedBy?: string;
  readonly to?: string;
  readonly changes?: Partial<DelegateAction>;
}

/** Relays a delegate of alice's, and tells the hash. */
function relay(
  chain: Chain,
  { key = "alice.near", signedBy = key, to = "alice.near", changes = {} }: Relay = {},
): string {
  const delegateAction: DelegateAction = {
    senderId: "alice.near",
    receiverId: "witness.near",
    actions: [callAction("who", {}, 10n * tera, near) as NonDelegateAction],
    nonce: firstNonce(chain) + 1n,
    maxBlockHeight: chain.head.height + 100n,
    publicKey: rawKeyOf(key),
    ...changes,
  };
  const signature = signHash(seedOf(signedBy), delegateHash(delegateAction));
  const hash = submit(chain, "relayer.near", to, [{ kind: "delegate", signedDelegate: { delegateAction, signature } }]);
  settle(chain);
  return hash;
}

function failure(chain: Chain, options: Relay): Json | undefined {
  return failureOf(receiptOutcome(chain, relay(chain, options)));
}

describe("delegates", () => {
  it("run with the sender as predecessor, at the relayer's cost", () => {
    const chain = setUp();
    const balance = (id: string) => chain.view().state().account(id)?.amount ?? 0n;
    const [alice, relayer] = [balance("alice.near"), balance("relayer.near")];
    const hash = relay(chain);
    const run = outcomes(chain, hash).find(({ executor }) => executor === "witness.near");
    assert.deepEqual(run?.status.kind === "value" && JSON.parse(text(run.status.value)), [
      "alice.near",
      "relayer.near",
      `${near}`,
    ]);
    assert.equal(run?.height, receiptOutcome(chain, hash).height + 1n);
    const burnt = outcomes(chain, hash).reduce((sum, { tokensBurnt }) => sum + tokensBurnt, 0n);
    assert.equal(balance("alice.near"), alice);
    assert.equal(balance("relayer.near"), relayer - burnt - near);
    assert.equal(
      chain.view().state().accessKey("alice.near", publicKeyOf("alice.near"))?.nonce,
      firstNonce(chain) + 1n,
    );
  });

  it("whose call fails give the deposit to the sender and the gas to the relayer", () => {
    const chain = setUp();
    const before = chain.view().state().account("alice.near")?.amount ?? 0n;
    relay(chain, { changes: { actions: [callAction("missing", {}, 10n * tera, near) as NonDelegateAction] } });
    assert.equal(chain.view().state().account("alice.near")?.amount, before + near);
  });

  it("are refused for a foreign signature, sender, key or nonce, and when they are too old", () => {
    const chain = setUp();
    const used = firstNonce(chain);
    const publicKey = publicKeyOf("stranger");
    assert.equal(failure(chain, { signedBy: "stranger" }), "DelegateActionInvalidSignature");
    assert.equal(failure(chain, { changes: { maxBlockHeight: chain.head.height } }), "DelegateActionExpired");
    assert.deepEqual(failure(chain, { to: "witness.near" }), {
      DelegateActionSenderDoesNotMatchTxReceiver: { sender_id: "alice.near", receiver_id: "witness.near" },
    });
    assert.deepEqual(failure(chain, { key: "stranger" }), {
      DelegateActionAccessKeyError: { AccessKeyNotFound: { account_id: "alice.near", public_key: publicKey } },
    });
    assert.deepEqual(failure(chain, { changes: { nonce: used } }), {
      DelegateActionInvalidNonce: { delegate_nonce: used, ak_nonce: used },
    });
    const tooLarge = 10n ** 16n;
    const refused = failure(chain, { changes: { nonce: tooLarge } });
    const upper_bound = (chain.head.height - 1n) * 1_000_000n;
    assert.deepEqual(refused, { DelegateActionNonceTooLarge: { delegate_nonce: tooLarge, upper_bound } });
  });

  it("cannot be replayed", () => {
    const chain = setUp();
    relay(chain);
    const nonce = firstNonce(chain) + 1n;
    assert.deepEqual(failure(chain, {}), { DelegateActionInvalidNonce: { delegate_nonce: nonce, ak_nonce: nonce } });
  });

  it("keep to the permission of a function call key", () => {
    const chain = setUp();
    addKey(chain, "alice.near", "scoped", {
      kind: "functionCall",
      allowance: null,
      receiverId: "witness.near",
      methodNames: ["who"],
    });
    const attempt = (changes: Partial<DelegateAction>) => failure(chain, { key: "scoped", changes });
    const call = (method: string, deposit = 0n) => [callAction(method, {}, 10n * tera, deposit) as NonDelegateAction];
    const refused = (reason: Json) => ({ DelegateActionAccessKeyError: reason });
    assert.deepEqual(attempt({ actions: call("who", 1n) }), refused("DepositWithFunctionCall"));
    assert.deepEqual(attempt({ actions: [transferAction(1n) as NonDelegateAction] }), refused("RequiresFullAccess"));
    assert.deepEqual(attempt({ actions: call("other") }), refused({ MethodNameMismatch: { method_name: "other" } }));
    assert.deepEqual(
      attempt({ actions: call("who"), receiverId: "relayer.near" }),
      refused({ ReceiverMismatch: { tx_receiver: "relayer.near", ak_receiver: "witness.near" } }),
    );
    assert.equal(attempt({ actions: call("who") }), undefined);
  });
});
