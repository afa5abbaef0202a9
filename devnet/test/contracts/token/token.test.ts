import { deepStrictEqual, strictEqual } from "node:assert";
import fc from "fast-check";
import { initToken } from "../../../src/contracts/token/init.ts";
import { REGISTRATION_YOCTO } from "../../../src/contracts/token/storage-management.ts";
import { createToken, createWrappedNear } from "../../../src/contracts/token/token.ts";
import { MockChain, type Outcome } from "../harness/mock-chain.ts";
import { failingContract, stubContract } from "../harness/stub-contract.ts";

const TOKEN = "usdc.near";
const TGAS = 10n ** 12n;

function tokenChain(): MockChain {
  const chain = new MockChain();
  chain.deploy(TOKEN, createToken(), (storage) => {
    const balances = { "alice.near": 100n, "bob.near": 0n, "shop.near": 0n };
    initToken(storage, { name: "USD Coin", symbol: "USDC", decimals: 6, balances });
  });
  return chain;
}

const transfer = (chain: MockChain, args: object, predecessor = "alice.near", deposit = 1n): Outcome =>
  chain.call({ receiver: TOKEN, method: "ft_transfer", args, predecessor, deposit });

const balanceOf = (chain: MockChain, account_id: string, token = TOKEN) =>
  chain.view(token, "ft_balance_of", { account_id });

describe("a token", () => {
  it("transfers with a NEP-141 event, and answers nothing", () => {
    const chain = tokenChain();
    const { logs, value } = transfer(chain, { receiver_id: "bob.near", amount: "30", memo: "rent" });
    const data = '[{"old_owner_id":"alice.near","new_owner_id":"bob.near","amount":"30","memo":"rent"}]';
    deepStrictEqual(logs, [`EVENT_JSON:{"standard":"nep141","version":"1.0.0","event":"ft_transfer","data":${data}}`]);
    strictEqual(value?.length, 0);
    deepStrictEqual([balanceOf(chain, "alice.near"), balanceOf(chain, "bob.near")], ["70", "30"]);
  });

  it("refuses in the words of near-contract-standards", () => {
    const chain = tokenChain();
    const refusal = (args: object, predecessor?: string, deposit?: bigint) =>
      transfer(chain, args, predecessor, deposit).panic;
    const toBob = { receiver_id: "bob.near", amount: "1" };
    strictEqual(refusal(toBob, "alice.near", 0n), "Requires attached deposit of exactly 1 yoctoNEAR");
    strictEqual(refusal({ ...toBob, receiver_id: "alice.near" }), "Sender and receiver should be different");
    strictEqual(refusal({ ...toBob, amount: "0" }), "The amount should be a positive number");
    strictEqual(refusal({ ...toBob, amount: "101" }), "The account doesn't have enough balance");
    strictEqual(refusal({ ...toBob, receiver_id: "new.near" }), "The account new.near is not registered");
    strictEqual(refusal(toBob, "new.near"), "The account new.near is not registered");
  });

  it("describes itself", () => {
    const chain = tokenChain();
    deepStrictEqual(chain.view(TOKEN, "ft_metadata"), {
      spec: "ft-1.0.0",
      name: "USD Coin",
      symbol: "USDC",
      icon: null,
      reference: null,
      reference_hash: null,
      decimals: 6,
    });
    strictEqual(chain.view(TOKEN, "ft_total_supply"), "100");
  });

  it("conserves its supply, whatever is transferred and refunded", () => {
    const account = fc.constantFrom("alice.near", "bob.near", "shop.near");
    const step = fc.record({
      from: account,
      to: account,
      amount: fc.nat(60).map(String),
      unused: fc.nat(60).map(String),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 8 }), (steps) => {
        const chain = tokenChain();
        for (const { from, to, amount, unused } of steps) {
          chain.deploy(
            to,
            stubContract(() => ({ value: Buffer.from(JSON.stringify(unused)) })),
          );
          transferCall(chain, { receiver_id: to, amount, msg: "" }, from);
        }
        const total = ["alice.near", "bob.near", "shop.near"].reduce(
          (sum, id) => sum + BigInt(String(balanceOf(chain, id))),
          0n,
        );
        strictEqual(total, 100n);
        strictEqual(chain.view(TOKEN, "ft_total_supply"), "100");
      }),
    );
  });
});

describe("ft_transfer_call", () => {
  const args = { receiver_id: "shop.near", amount: "40", msg: "order" };

  it("takes back what the receiver does not use, and answers what it used", () => {
    const chain = tokenChain();
    chain.deploy(
      "shop.near",
      stubContract(() => ({ value: Buffer.from('"15"') })),
    );
    transferCall(chain, args);
    deepStrictEqual([balanceOf(chain, "alice.near"), balanceOf(chain, "shop.near")], ["75", "25"]);
    const resolved = chain.outcomes.at(-1);
    strictEqual(Buffer.from(resolved?.value ?? []).toString(), '"25"');
    strictEqual(resolved?.logs[0]?.includes('"amount":"15","memo":"refund"'), true);
  });

  it("takes all back from a receiver that fails, or answers nonsense or too much", () => {
    const receivers = [
      failingContract("closed"),
      ...["[]", '"41"'].map((text) => stubContract(() => ({ value: Buffer.from(text) }))),
    ];
    for (const receiver of receivers) {
      const chain = tokenChain();
      chain.deploy("shop.near", receiver);
      transferCall(chain, args);
      strictEqual(balanceOf(chain, "alice.near"), "100");
    }
  });

  it("takes back no more than the receiver has left", () => {
    const chain = tokenChain();
    chain.deploy(
      "shop.near",
      stubContract((_, __, env) => {
        const pay = { receiver_id: "bob.near", amount: "30" };
        env.promise({
          receiver: TOKEN,
          actions: [
            {
              kind: "call",
              method: "ft_transfer",
              args: Buffer.from(JSON.stringify(pay)),
              deposit: 1n,
              gas: 5n * TGAS,
              gasWeight: 0n,
            },
          ],
        });
        return { promise: 0 };
      }),
    );
    transferCall(chain, args);
    deepStrictEqual(
      [balanceOf(chain, "alice.near"), balanceOf(chain, "shop.near"), balanceOf(chain, "bob.near")],
      ["70", "0", "30"],
    );
  });

  it("needs more gas than it keeps back", () => {
    const chain = tokenChain();
    const call = { receiver: TOKEN, method: "ft_transfer_call", args, predecessor: "alice.near", deposit: 1n };
    strictEqual(chain.call({ ...call, gas: 30n * TGAS }).panic, "More gas is required");
  });

  it("is resolved by the token alone", () => {
    const resolve = { sender_id: "shop.near", receiver_id: "alice.near", amount: "40" };
    const forged = tokenChain().call({
      receiver: TOKEN,
      method: "ft_resolve_transfer",
      args: resolve,
      predecessor: "shop.near",
    });
    strictEqual(forged.panic, "Method ft_resolve_transfer is private");
  });
});

describe("storage management", () => {
  const register = (chain: MockChain, deposit: bigint, args: object = {}) =>
    chain.call({ receiver: TOKEN, method: "storage_deposit", args, predecessor: "payer.near", deposit });
  const registered = { total: String(REGISTRATION_YOCTO), available: "0" };

  it("registers the caller or another, and sends back what is too much", () => {
    const chain = tokenChain();
    const before = chain.balance("payer.near");
    register(chain, REGISTRATION_YOCTO * 3n, { account_id: "new.near" });
    chain.settle();
    strictEqual(chain.balance("payer.near"), before - REGISTRATION_YOCTO);
    deepStrictEqual(chain.view(TOKEN, "storage_balance_of", { account_id: "new.near" }), registered);
    strictEqual(chain.view(TOKEN, "storage_balance_of", { account_id: "payer.near" }), null);
    deepStrictEqual(JSON.parse(Buffer.from(register(chain, REGISTRATION_YOCTO).value ?? []).toString()), registered);
  });

  it("refunds who is registered already, and refuses too little", () => {
    const chain = tokenChain();
    const before = chain.balance("payer.near");
    register(chain, REGISTRATION_YOCTO, { account_id: "alice.near" });
    chain.settle();
    strictEqual(chain.balance("payer.near"), before);
    strictEqual(
      register(chain, REGISTRATION_YOCTO - 1n).panic,
      "The attached deposit is less than the minimum storage balance",
    );
    deepStrictEqual(chain.view(TOKEN, "storage_balance_bounds"), { min: registered.total, max: registered.total });
  });
});

describe("wrapped NEAR", () => {
  const wrap = "wrap.near";
  const wrapChain = () => {
    const chain = new MockChain();
    chain.deploy(wrap, createWrappedNear(), (storage) => {
      initToken(storage, { name: "Wrapped NEAR", symbol: "wNEAR", decimals: 24, balances: { "alice.near": 100n } });
    });
    return chain;
  };
  const call = (chain: MockChain, method: string, args: object, deposit: bigint, predecessor = "alice.near") =>
    chain.call({ receiver: wrap, method, args, predecessor, deposit });

  it("is minted for what is attached, less a newcomer's registration", () => {
    const chain = wrapChain();
    const { logs } = call(chain, "near_deposit", {}, 50n);
    deepStrictEqual(logs, [
      'EVENT_JSON:{"standard":"nep141","version":"1.0.0","event":"ft_mint","data":[{"owner_id":"alice.near","amount":"50"}]}',
    ]);
    call(chain, "near_deposit", {}, REGISTRATION_YOCTO + 7n, "new.near");
    deepStrictEqual([balanceOf(chain, "alice.near", wrap), balanceOf(chain, "new.near", wrap)], ["150", "7"]);
    strictEqual(call(chain, "near_deposit", {}, 7n, "poor.near").panic, "ERR_DEPOSIT_TOO_SMALL");
    strictEqual(chain.view(wrap, "ft_total_supply"), "157");
  });

  it("is burnt for NEAR, and its answer waits for the payment", () => {
    const chain = wrapChain();
    const before = chain.balance("alice.near");
    const { logs, value } = call(chain, "near_withdraw", { amount: "60" }, 1n);
    strictEqual(logs[0]?.includes("ft_burn"), true);
    strictEqual(value, undefined);
    chain.settle();
    strictEqual(chain.balance("alice.near"), before - 1n + 60n);
    strictEqual(balanceOf(chain, "alice.near", wrap), "40");
    strictEqual(call(chain, "near_withdraw", { amount: "41" }, 1n).panic, "The account doesn't have enough balance");
  });

  it("is what other tokens are not", () => {
    const chain = tokenChain();
    strictEqual(
      chain.call({ receiver: TOKEN, method: "near_deposit", predecessor: "alice.near" }).panic,
      "near_deposit",
    );
  });
});

function transferCall(chain: MockChain, args: object, predecessor = "alice.near"): void {
  chain.call({ receiver: TOKEN, method: "ft_transfer_call", args, predecessor, deposit: 1n, gas: 100n * TGAS });
  chain.settle();
}
