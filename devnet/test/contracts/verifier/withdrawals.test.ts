import { deepStrictEqual, strictEqual } from "node:assert";
import type { PromiseAction } from "../../../src/contract.ts";
import { REGISTRATION_YOCTO } from "../../../src/contracts/token/storage-management.ts";
import type { MockChain, Outcome } from "../harness/mock-chain.ts";
import { failingContract, stubContract } from "../harness/stub-contract.ts";
import { chainWithTokens, tokenBalance } from "./token-world.ts";
import {
  alice,
  balanceOf,
  bob,
  chainWithUsers,
  events,
  execute,
  signed,
  transact,
  USDC,
  VERIFIER,
  WNEAR,
} from "./verifier-world.ts";

const TGAS = 10n ** 12n;
const withdrawUsdc = { intent: "ft_withdraw", token: "usdc.near", receiver_id: "registered.near", amount: "7" };

describe("a withdrawal of fungible tokens", () => {
  it("reaches a registered receiver", () => {
    const chain = chainWithTokens();
    strictEqual(execute(chain, signed(alice, [withdrawUsdc])).ok, true);
    chain.settle();
    strictEqual(tokenBalance(chain, "usdc.near", "registered.near"), 7n);
    strictEqual(balanceOf(chain, alice.accountId, USDC), 493n);
    strictEqual(answerOf(chain, "ft_resolve_withdraw"), '"7"');
  });

  it("comes back by mt_mint with memo refund if the token refuses it, long after the payload succeeded", () => {
    const chain = chainWithTokens();
    const executed = execute(chain, signed(alice, [{ ...withdrawUsdc, receiver_id: "stranger.near" }]));
    strictEqual(executed.ok, true);
    strictEqual(balanceOf(chain, alice.accountId, USDC), 493n);
    chain.settle();
    strictEqual(failureOf(chain, "ft_transfer"), "The account stranger.near is not registered");
    const resolved = outcomeOf(chain, "ft_resolve_withdraw");
    deepStrictEqual(resolved && events(resolved), [
      ["nep245 mt_mint", [{ owner_id: "alice.near", token_ids: [USDC], amounts: ["7"], memo: "refund" }]],
    ]);
    strictEqual(balanceOf(chain, alice.accountId, USDC), 500n);
  });

  it("with a storage deposit registers the receiver first, out of wrapped NEAR", () => {
    const chain = chainWithTokens();
    const storage_deposit = String(REGISTRATION_YOCTO);
    execute(chain, signed(alice, [{ ...withdrawUsdc, receiver_id: "stranger.near", storage_deposit }]));
    chain.settle();
    strictEqual(tokenBalance(chain, "usdc.near", "stranger.near"), 7n);
    strictEqual(balanceOf(chain, alice.accountId, WNEAR), 10n ** 22n - REGISTRATION_YOCTO);
    strictEqual(tokenBalance(chain, "wrap.near", VERIFIER), 10n ** 22n - REGISTRATION_YOCTO);
  });

  it("with msg calls the receiver, and refunds what that did not use", () => {
    const chain = chainWithTokens();
    chain.deploy(
      "registered.near",
      stubContract(() => ({ value: Buffer.from('"2"') })),
    );
    execute(chain, signed(alice, [{ ...withdrawUsdc, msg: "go" }]));
    chain.settle();
    strictEqual(tokenBalance(chain, "usdc.near", "registered.near"), 5n);
    strictEqual(answerOf(chain, "ft_resolve_withdraw"), '"5"');
    strictEqual(balanceOf(chain, alice.accountId, USDC), 495n);
  });

  it("with msg is not refunded if the token failed altogether, for it may have moved", () => {
    const chain = chainWithUsers({ [alice.accountId]: { [USDC]: 500n } });
    chain.deploy("usdc.near", failingContract("out of order"));
    execute(chain, signed(alice, [{ ...withdrawUsdc, msg: "go" }]));
    chain.settle();
    strictEqual(answerOf(chain, "ft_resolve_withdraw"), '"7"');
    strictEqual(balanceOf(chain, alice.accountId, USDC), 493n);
  });

  it("by transaction answers how much left", () => {
    const chain = chainWithTokens();
    const { intent: _, ...args } = withdrawUsdc;
    const withdrawn = transact(chain, alice.accountId, "ft_withdraw", args);
    deepStrictEqual(events(withdrawn), [
      ["nep245 mt_burn", [{ owner_id: "alice.near", token_ids: [USDC], amounts: ["7"], memo: "withdraw" }]],
    ]);
    chain.settle();
    strictEqual(tokenBalance(chain, "usdc.near", "registered.near"), 7n);
  });

  it("of several intents shows its burns at the end, in one event", () => {
    const executed = execute(chainWithTokens(), signed(alice, [withdrawUsdc, { ...withdrawUsdc, amount: "3" }]));
    deepStrictEqual(
      events(executed).map(([name, data]) => [name, (data as unknown[]).length]),
      [
        ["dip4 ft_withdraw", 1],
        ["dip4 ft_withdraw", 1],
        ["dip4 intents_executed", 1],
        ["nep245 mt_burn", 2],
      ],
    );
  });

  it("attaches what the transfer needs at least, and what the payload asks above that", () => {
    const gasOf = (change: object) => {
      const executed = execute(chainWithTokens(), signed(alice, [{ ...withdrawUsdc, ...change }]));
      return gasOfCalls(executed, "usdc.near");
    };
    deepStrictEqual(gasOf({}), [15n]);
    deepStrictEqual(gasOf({ min_gas: String(TGAS) }), [15n]);
    deepStrictEqual(gasOf({ min_gas: String(20n * TGAS) }), [20n]);
    deepStrictEqual(gasOf({ msg: "" }), [50n]);
    deepStrictEqual(gasOf({ msg: "", min_gas: "0" }), [30n]);
  });

  it("of nothing is an invalid intent", () => {
    strictEqual(execute(chainWithTokens(), signed(alice, [{ ...withdrawUsdc, amount: "0" }])).panic, "invalid intent");
  });
});

describe("a withdrawal of NEAR", () => {
  it("is unwrapped and paid out", () => {
    const chain = chainWithTokens();
    const before = chain.balance("payee.near");
    execute(chain, signed(alice, [{ intent: "native_withdraw", receiver_id: "payee.near", amount: "1000" }]));
    chain.settle();
    strictEqual(chain.balance("payee.near"), before + 1000n);
    strictEqual(tokenBalance(chain, "wrap.near", VERIFIER), 10n ** 22n - 1000n);
  });

  it("is not paid out if unwrapping failed, and not refunded either", () => {
    const chain = chainWithUsers({ [alice.accountId]: { [WNEAR]: 1000n } });
    chain.deploy("wrap.near", failingContract("out of order"));
    const before = chain.balance("payee.near");
    execute(chain, signed(alice, [{ intent: "native_withdraw", receiver_id: "payee.near", amount: "1000" }]));
    chain.settle();
    strictEqual(failureOf(chain, "do_native_withdraw"), "near_withdraw failed");
    strictEqual(chain.balance("payee.near"), before);
    strictEqual(balanceOf(chain, alice.accountId, WNEAR), 0n);
  });
});

describe("a storage_deposit intent", () => {
  it("registers an account with a token", () => {
    const chain = chainWithTokens();
    const amount = String(REGISTRATION_YOCTO);
    const intent = { intent: "storage_deposit", contract_id: "usdc.near", deposit_for_account_id: "new.near", amount };
    execute(chain, signed(alice, [intent]));
    chain.settle();
    deepStrictEqual(chain.view("usdc.near", "storage_balance_of", { account_id: "new.near" }), {
      total: amount,
      available: "0",
    });
  });
});

describe("an auth_call intent", () => {
  const authCall = { intent: "auth_call", contract_id: "callee.near", msg: "hello" };

  it("calls on_auth with the signer's name, and shows no event of its own", () => {
    const chain = chainWithTokens();
    const calls: unknown[] = [];
    chain.deploy("callee.near", recording(calls));
    const executed = execute(chain, signed(alice, [authCall]));
    deepStrictEqual(
      events(executed).map(([name]) => name),
      ["dip4 intents_executed"],
    );
    chain.settle();
    deepStrictEqual(calls, [["on_auth", { signer_id: "alice.near", msg: "hello" }, 0n]]);
  });

  it("pays its deposit out of wrapped NEAR", () => {
    const chain = chainWithTokens();
    const calls: unknown[] = [];
    chain.deploy("callee.near", recording(calls));
    execute(chain, signed(alice, [{ ...authCall, attached_deposit: "25" }]));
    chain.settle();
    deepStrictEqual(calls, [["on_auth", { signer_id: "alice.near", msg: "hello" }, 25n]]);
    strictEqual(balanceOf(chain, alice.accountId, WNEAR), 10n ** 22n - 25n);
  });

  it("attaches 10 Tgas at least", () => {
    const gasOf = (change: object) =>
      gasOfCalls(execute(chainWithTokens(), signed(alice, [{ ...authCall, ...change }])), "callee.near");
    deepStrictEqual(
      [gasOf({}), gasOf({ min_gas: "5" }), gasOf({ min_gas: String(12n * TGAS) })],
      [[10n], [10n], [12n]],
    );
  });
});

describe("a withdrawal of NFTs and multi-tokens", () => {
  const NFT = "nep171:nft.near:ape:1";
  const [GOLD, IRON] = ["nep245:mt.near:gold", "nep245:mt.near:iron"];
  const owned = { [alice.accountId]: { [NFT]: 1n, [GOLD]: 5n, [IRON]: 6n } };
  const nftWithdraw = { intent: "nft_withdraw", token: "nft.near", receiver_id: "x.near", token_id: "ape:1" };
  const mtWithdraw = {
    intent: "mt_withdraw",
    token: "mt.near",
    receiver_id: "x.near",
    token_ids: ["gold", "iron"],
    amounts: ["5", "2"],
  };

  it("asks the token for the transfer", () => {
    const chain = chainWithUsers(owned);
    const calls: unknown[] = [];
    chain.deploy("nft.near", recording(calls));
    chain.deploy("mt.near", recording(calls));
    const executed = execute(chain, signed(alice, [nftWithdraw, mtWithdraw]));
    chain.settle();
    const { intent: _nft, ...nft } = nftWithdraw;
    const { intent: _mt, ...mt } = mtWithdraw;
    deepStrictEqual(withoutHash(executed, "dip4 nft_withdraw"), [{ account_id: "alice.near", ...nft }]);
    deepStrictEqual(withoutHash(executed, "dip4 mt_withdraw"), [{ account_id: "alice.near", ...mt }]);
    deepStrictEqual(calls, [
      ["nft_transfer", { receiver_id: "x.near", token_id: "ape:1", approval_id: null, memo: null }, 1n],
      [
        "mt_batch_transfer",
        { receiver_id: "x.near", token_ids: ["gold", "iron"], amounts: ["5", "2"], memo: null },
        1n,
      ],
    ]);
    deepStrictEqual(
      [answerOf(chain, "nft_resolve_withdraw"), answerOf(chain, "mt_resolve_withdraw")],
      ["true", '["5","2"]'],
    );
    deepStrictEqual(
      [NFT, GOLD, IRON].map((id) => balanceOf(chain, alice.accountId, id)),
      [0n, 0n, 4n],
    );
  });

  it("comes back if the token refuses it", () => {
    const chain = chainWithUsers(owned);
    chain.deploy("nft.near", failingContract("no"));
    chain.deploy("mt.near", failingContract("no"));
    execute(chain, signed(alice, [nftWithdraw, mtWithdraw]));
    chain.settle();
    deepStrictEqual(
      [NFT, GOLD, IRON].map((id) => balanceOf(chain, alice.accountId, id)),
      [1n, 5n, 6n],
    );
  });

  it("with msg comes back as far as the receiver did not use it", () => {
    const chain = chainWithUsers(owned);
    chain.deploy(
      "nft.near",
      stubContract(() => ({ value: Buffer.from("false") })),
    );
    chain.deploy(
      "mt.near",
      stubContract(() => ({ value: Buffer.from('["3","9"]') })),
    );
    execute(
      chain,
      signed(alice, [
        { ...nftWithdraw, msg: "" },
        { ...mtWithdraw, msg: "" },
      ]),
    );
    chain.settle();
    deepStrictEqual(
      [NFT, GOLD, IRON].map((id) => balanceOf(chain, alice.accountId, id)),
      [1n, 2n, 4n],
    );
  });

  it("with msg stays away if the token failed altogether, for it may have moved", () => {
    const chain = chainWithUsers(owned);
    chain.deploy("nft.near", failingContract("no"));
    chain.deploy("mt.near", failingContract("no"));
    execute(
      chain,
      signed(alice, [
        { ...nftWithdraw, msg: "" },
        { ...mtWithdraw, msg: "" },
      ]),
    );
    chain.settle();
    deepStrictEqual(
      [NFT, GOLD, IRON].map((id) => balanceOf(chain, alice.accountId, id)),
      [0n, 0n, 4n],
    );
  });

  it("comes back whole where a called token answers nonsense, or a plain one answers at all", () => {
    for (const msg of ["", undefined]) {
      const chain = chainWithUsers(owned);
      chain.deploy(
        "mt.near",
        stubContract(() => ({ value: Buffer.from('["1"]') })),
      );
      execute(chain, signed(alice, [{ ...mtWithdraw, msg }]));
      chain.settle();
      deepStrictEqual(
        [GOLD, IRON].map((id) => balanceOf(chain, alice.accountId, id)),
        [5n, 6n],
      );
    }
  });

  it("of ids without amounts, or of what one does not have, is refused", () => {
    const refusal = (intent: object) => execute(chainWithUsers(owned), signed(bob, [intent])).panic;
    strictEqual(refusal({ ...mtWithdraw, amounts: ["5"] }), "invalid intent");
    strictEqual(refusal({ ...mtWithdraw, token_ids: [], amounts: [] }), "invalid intent");
    strictEqual(refusal(nftWithdraw), "insufficient balance or overflow");
  });
});

function recording(calls: unknown[]): ReturnType<typeof stubContract> {
  return stubContract((method, args, env) => {
    calls.push([method, JSON.parse(Buffer.from(args).toString("utf8")), env.deposit]);
    return { value: new Uint8Array() };
  });
}

function withoutHash(outcome: Outcome, name: string): unknown {
  const data = events(outcome).find(([event]) => event === name)?.[1] as { intent_hash: string }[];
  return data.map(({ intent_hash: _, ...rest }) => rest);
}

function outcomeOf(chain: MockChain, method: string): Outcome | undefined {
  return chain.outcomes.find(({ methods }) => methods.includes(method));
}

function failureOf(chain: MockChain, method: string): string | undefined {
  return outcomeOf(chain, method)?.panic;
}

function answerOf(chain: MockChain, method: string): string {
  return Buffer.from(outcomeOf(chain, method)?.value ?? []).toString("utf8");
}

/** Static gas of the calls to a receiver, in Tgas. */
function gasOfCalls({ scheduled }: Outcome, receiver: string): readonly bigint[] {
  return scheduled.flatMap((entry) =>
    entry.kind === "promise" && entry.spec.receiver === receiver ? entry.spec.actions.map(tgasOf) : [],
  );
}

function tgasOf(action: PromiseAction): bigint {
  return action.kind === "call" ? action.gas / TGAS : 0n;
}
