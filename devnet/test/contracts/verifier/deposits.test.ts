import { deepStrictEqual, strictEqual } from "node:assert";
import { ContractPanic, type Env, type Returned } from "../../../src/contract.ts";
import { promiseCall } from "../../../src/contracts/sdk/promises.ts";
import type { MockChain } from "../harness/mock-chain.ts";
import { failingContract, stubContract } from "../harness/stub-contract.ts";
import { chainWithTokens, tokenBalance, tokenCall } from "./token-world.ts";
import {
  alice,
  balanceOf,
  bob,
  chainWithUsers,
  execute,
  signed,
  transact,
  USDC,
  VERIFIER,
  WNEAR,
} from "./verifier-world.ts";

const payBob = (amount: string) => [{ intent: "transfer", receiver_id: bob.accountId, tokens: { [USDC]: amount } }];

/** holder.near sends 100 USDC to the verifier with the message, and the chain runs to its end. */
function deposit(chain: MockChain, msg: string): void {
  const args = { receiver_id: VERIFIER, amount: "100", msg };
  tokenCall(chain, "usdc.near", "holder.near", "ft_transfer_call", args);
}

describe("a deposit", () => {
  it("without a message is the sender's, with an account id that account's", () => {
    const chain = chainWithTokens();
    deposit(chain, "");
    deposit(chain, "carol.near");
    deposit(chain, '{"receiver_id":"dave.near"}');
    const balances = ["holder.near", "carol.near", "dave.near"].map((id) => balanceOf(chain, id, USDC));
    deepStrictEqual(balances, [100n, 100n, 100n]);
    strictEqual(tokenBalance(chain, "usdc.near", "holder.near"), 700n);
  });

  it("goes back to its sender where the message cannot be read", () => {
    for (const msg of ["Not An Account", "{}", "{nonsense"]) {
      const chain = chainWithTokens();
      deposit(chain, msg);
      strictEqual(tokenBalance(chain, "usdc.near", "holder.near"), 1000n, msg);
    }
  });

  it("may execute payloads at once, with the tokens just come in", () => {
    const chain = chainWithTokens();
    const execute_intents = [signed(alice, payBob("550"))];
    const msg = JSON.stringify({ receiver_id: alice.accountId, execute_intents, refund_if_fails: true });
    deposit(chain, msg);
    strictEqual(balanceOf(chain, bob.accountId, USDC), 550n);
    strictEqual(balanceOf(chain, alice.accountId, USDC), 50n);
  });

  it("goes back if it asked so and a payload was refused", () => {
    const chain = chainWithTokens();
    const execute_intents = [signed(alice, payBob("601"))];
    deposit(chain, JSON.stringify({ receiver_id: alice.accountId, execute_intents, refund_if_fails: true }));
    strictEqual(balanceOf(chain, alice.accountId, USDC), 500n);
    strictEqual(tokenBalance(chain, "usdc.near", "holder.near"), 1000n);
  });

  it("stays otherwise, the payloads being executed in a receipt of their own", () => {
    const chain = chainWithTokens();
    const execute_intents = [signed(alice, payBob("601"))];
    deposit(chain, JSON.stringify({ receiver_id: alice.accountId, execute_intents }));
    strictEqual(
      chain.outcomes.find(({ methods }) => methods[0] === "execute_intents")?.panic,
      "insufficient balance or overflow",
    );
    strictEqual(balanceOf(chain, alice.accountId, USDC), 600n);
    deposit(chain, JSON.stringify({ receiver_id: "x.near", execute_intents: [] }));
    strictEqual(chain.outcomes.filter(({ methods }) => methods[0] === "execute_intents").length, 1);
    const good = [signed(alice, payBob("600"))];
    deposit(chain, JSON.stringify({ receiver_id: "x.near", execute_intents: good }));
    strictEqual(balanceOf(chain, bob.accountId, USDC), 600n);
  });

  it("stands without its action where that cannot be read", () => {
    const chain = chainWithTokens();
    deposit(chain, JSON.stringify({ receiver_id: alice.accountId, execute_intents: [{ standard: "foo" }] }));
    strictEqual(balanceOf(chain, alice.accountId, USDC), 600n);
  });
});

describe("a deposit that notifies its receiver", () => {
  const msg = JSON.stringify({ receiver_id: "shop.near", msg: "order 1" });

  it("tells it what came from whom", () => {
    const chain = chainWithTokens();
    const told: unknown[] = [];
    chain.deploy(
      "shop.near",
      stubContract((method, args) => {
        told.push([method, JSON.parse(Buffer.from(args).toString("utf8"))]);
        return { value: Buffer.from('["0"]') };
      }),
    );
    deposit(chain, msg);
    const from = { sender_id: "holder.near", previous_owner_ids: ["holder.near"] };
    deepStrictEqual(told, [["mt_on_transfer", { ...from, token_ids: [USDC], amounts: ["100"], msg: "order 1" }]]);
    strictEqual(balanceOf(chain, "shop.near", USDC), 100n);
  });

  it("gives back what it does not want, as a burn with memo refund", () => {
    const chain = chainWithTokens();
    chain.deploy(
      "shop.near",
      stubContract(() => ({ value: Buffer.from('["30"]') })),
    );
    deposit(chain, msg);
    strictEqual(balanceOf(chain, "shop.near", USDC), 70n);
    strictEqual(tokenBalance(chain, "usdc.near", "holder.near"), 930n);
    strictEqual(tokenBalance(chain, "usdc.near", VERIFIER), 570n);
    const burn = chain.outcomes.flatMap(({ logs }) => logs).find((line) => line.includes("mt_burn"));
    strictEqual(burn?.includes('"amounts":["30"],"memo":"refund"'), true);
  });

  it("gives all back where the receiver fails or answers nonsense", () => {
    for (const receiver of [failingContract("closed"), stubContract(() => ({ value: Buffer.from('["1","2"]') }))]) {
      const chain = chainWithTokens();
      chain.deploy("shop.near", receiver);
      deposit(chain, msg);
      strictEqual(balanceOf(chain, "shop.near", USDC), 0n);
      strictEqual(tokenBalance(chain, "usdc.near", "holder.near"), 1000n);
    }
  });

  it("gives back no more than the receiver still has", () => {
    const chain = chainWithTokens();
    chain.deploy(
      "shop.near",
      stubContract((_, __, env) => passOn(env, "80")),
    );
    deposit(chain, msg);
    strictEqual(balanceOf(chain, "safe.near", USDC), 80n);
    strictEqual(balanceOf(chain, "shop.near", USDC), 0n);
    strictEqual(tokenBalance(chain, "usdc.near", "holder.near"), 920n);
  });
});

describe("a transfer with msg", () => {
  const transfer = (amounts: Readonly<Record<string, string>>) =>
    signed(alice, [{ intent: "transfer", receiver_id: "shop.near", tokens: amounts, msg: "order 2" }]);

  it("comes back as far as the receiver does not want it", () => {
    const chain = chainWithTokens();
    chain.deploy(
      "shop.near",
      stubContract(() => ({ value: Buffer.from('["4","0"]') })),
    );
    execute(chain, transfer({ [USDC]: "10", [WNEAR]: "20" }));
    chain.settle();
    deepStrictEqual(
      [USDC, WNEAR].map((id) => balanceOf(chain, "shop.near", id)),
      [6n, 20n],
    );
    strictEqual(balanceOf(chain, alice.accountId, USDC), 494n);
    const answer = chain.outcomes.find(({ methods }) => methods[0] === "mt_resolve_transfer");
    strictEqual(Buffer.from(answer?.value ?? []).toString("utf8"), '["6","20"]');
  });

  it("comes back whole where the receiver fails, and not at all where it keeps everything", () => {
    const [failed, kept] = [chainWithTokens(), chainWithTokens()];
    failed.deploy(
      "shop.near",
      stubContract(() => {
        throw new ContractPanic("closed");
      }),
    );
    kept.deploy(
      "shop.near",
      stubContract(() => ({ value: Buffer.from('["0"]') })),
    );
    for (const chain of [failed, kept]) {
      execute(chain, transfer({ [USDC]: "10" }));
      chain.settle();
    }
    deepStrictEqual(
      [failed, kept].map((chain) => balanceOf(chain, "shop.near", USDC)),
      [0n, 10n],
    );
  });

  it("comes back no more than the receiver still has", () => {
    const chain = chainWithTokens();
    chain.deploy(
      "shop.near",
      stubContract((_, __, env) => passOn(env, "7")),
    );
    execute(chain, transfer({ [USDC]: "10" }));
    chain.settle();
    deepStrictEqual(
      ["safe.near", "shop.near", alice.accountId].map((id) => balanceOf(chain, id, USDC)),
      [7n, 0n, 493n],
    );
  });

  it("is a plain one where msg is no text", () => {
    const plain = signed(alice, [{ intent: "transfer", receiver_id: "shop.near", tokens: { [USDC]: "1" }, msg: 5 }]);
    deepStrictEqual(execute(chainWithTokens(), plain).scheduled, []);
  });
});

describe("NFTs and multi-tokens", () => {
  const nft = (chain: MockChain, token_id: string, msg = "") =>
    transact(
      chain,
      "nft.near",
      "nft_on_transfer",
      { sender_id: "x.near", previous_owner_id: "y.near", token_id, msg },
      0n,
    );
  const mt = (chain: MockChain, change: object) => {
    const args = {
      sender_id: "x.near",
      previous_owner_ids: ["x.near", "x.near"],
      token_ids: ["a", "b"],
      amounts: ["1", "2"],
      msg: "",
    };
    return transact(chain, "mt.near", "mt_on_transfer", { ...args, ...change }, 0n);
  };

  it("are deposited under their contract's name", () => {
    const chain = chainWithUsers({});
    strictEqual(Buffer.from(nft(chain, "ape", "alice.near").value ?? []).toString(), "false");
    strictEqual(Buffer.from(mt(chain, {}).value ?? []).toString(), '["0","0"]');
    deepStrictEqual(chain.view(VERIFIER, "mt_tokens_for_owner", { account_id: "alice.near" }), [
      { token_id: "nep171:nft.near:ape", owner_id: "alice.near" },
    ]);
    strictEqual(balanceOf(chain, "x.near", "nep245:mt.near:b"), 2n);
  });

  it("are refused where they cannot be: an NFT twice, an id too long, lists that do not match", () => {
    const chain = chainWithUsers({});
    nft(chain, "ape");
    strictEqual(nft(chain, "ape").panic, "NFT 'nep171:nft.near:ape' is already deposited");
    strictEqual(nft(chain, "x".repeat(128)).panic, "TokenId is too long. Max length is 127, got 128");
    strictEqual(mt(chain, { amounts: ["1"] }).panic, "invalid args");
    strictEqual(mt(chain, { amounts: ["1", "0"] }).panic, "invalid intent");
    const own = { sender_id: "x.near", previous_owner_ids: ["x.near"], token_ids: ["a"], amounts: ["1"], msg: "" };
    strictEqual(transact(chain, VERIFIER, "mt_on_transfer", own, 0n).panic, "self-wrapping is not allowed");
  });

  it("go back where the notified receiver does not want them", () => {
    const chain = chainWithUsers({});
    chain.deploy(
      "shop.near",
      stubContract((_, args) => {
        const { token_ids } = JSON.parse(Buffer.from(args).toString("utf8")) as { token_ids: string[] };
        return { value: Buffer.from(JSON.stringify(token_ids.map(() => "1"))) };
      }),
    );
    const msg = JSON.stringify({ receiver_id: "shop.near", msg: "" });
    nft(chain, "ape", msg);
    mt(chain, { msg });
    chain.settle();
    const answers = ["nft_resolve_deposit", "mt_resolve_deposit"].map((method) =>
      Buffer.from(chain.outcomes.find(({ methods }) => methods[0] === method)?.value ?? []).toString(),
    );
    deepStrictEqual(answers, ["true", '["1","1"]']);
    strictEqual(balanceOf(chain, "shop.near", "nep245:mt.near:b"), 1n);
  });
});

describe("lists of tokens", () => {
  it("come in pages, and what is used up is gone from them", () => {
    const chain = chainWithTokens();
    const page = (args: object) =>
      chain.view<{ token_id: string }[]>(VERIFIER, "mt_tokens", args).map((token) => token.token_id);
    deepStrictEqual(page({}), [WNEAR, USDC]);
    deepStrictEqual(page({ from_index: "1" }), [USDC]);
    deepStrictEqual(page({ from_index: "0", limit: 1 }), [WNEAR]);
    deepStrictEqual(page({ from_index: "5" }), []);
    execute(
      chain,
      signed(alice, [{ intent: "ft_withdraw", token: "usdc.near", receiver_id: "registered.near", amount: "500" }]),
    );
    deepStrictEqual(page({}), [WNEAR]);
    strictEqual(chain.view(VERIFIER, "mt_supply", { token_id: USDC }), "0");
    strictEqual(chain.view(VERIFIER, "mt_supply", { token_id: "garbage" }), null);
  });
});

/** Sends USDC within the verifier, and answers what that does: so it has happened before the verifier resolves. */
function passOn(env: Env, amount: string): Returned {
  const args = { receiver_id: "safe.near", token_id: USDC, amount };
  return { promise: promiseCall(env, VERIFIER, { method: "mt_transfer", args, deposit: 1n, gas: 10n ** 13n }) };
}
