import { deepStrictEqual, strictEqual } from "node:assert";
import fc from "fast-check";
import {
  alice,
  balanceOf,
  bob,
  chainWithUsers,
  events,
  execute,
  freshNonce,
  signed,
  transact,
  USDC,
  VERIFIER,
  WNEAR,
} from "./verifier-world.ts";

const diff = (deltas: Readonly<Record<string, string>>) => [{ intent: "token_diff", diff: deltas }];
const NFT = "nep171:nft.near:1";
const MT = "nep245:mt.near:gold";

describe("a swap", () => {
  it("pays its fee out of what is given, rounded up, to the collector", () => {
    const chain = chainWithUsers(undefined, { feePips: 2_500 });
    const give = signed(alice, diff({ [WNEAR]: "-1001", [USDC]: "500" }));
    const take = signed(bob, diff({ [WNEAR]: "998", [USDC]: "-502" }));
    const outcome = execute(chain, give, take);
    strictEqual(outcome.panic, undefined);
    strictEqual(balanceOf(chain, bob.accountId, WNEAR), 998n);
    strictEqual(balanceOf(chain, alice.accountId, USDC), 500n);
    strictEqual(balanceOf(chain, "collector.near", WNEAR), 3n);
    strictEqual(balanceOf(chain, "collector.near", USDC), 2n);
  });

  it("with a fee of 1 pip delivers 999 of 1000, and covering 2000 takes 2001", () => {
    const outcome = execute(
      chainWithUsers(),
      signed(alice, diff({ [WNEAR]: "-1000", [USDC]: "2000" })),
      signed(bob, diff({ [WNEAR]: "999", [USDC]: "-2001" })),
    );
    strictEqual(outcome.panic, undefined);
  });

  it("takes no fee on NFTs, nor on a single one of a multi-token", () => {
    const chain = chainWithUsers({ [alice.accountId]: { [NFT]: 1n, [MT]: 1n }, [bob.accountId]: { [MT]: 2n } });
    const give = signed(alice, diff({ [NFT]: "-1", [MT]: "-1" }));
    const outcome = execute(chain, give, signed(bob, diff({ [NFT]: "1", [MT]: "1" })));
    strictEqual(outcome.panic, undefined);
    strictEqual(
      outcome.logs.some((line) => line.includes("fees_collected")),
      false,
    );
    const two = [signed(bob, diff({ [MT]: "-2" })), signed(alice, diff({ [MT]: "2" }))];
    strictEqual(execute(chain, ...two).panic?.startsWith("invariant violated"), true);
  });

  it("that one party makes with itself leaves no transfer", () => {
    const chain = chainWithUsers(undefined, { feePips: 0 });
    const outcome = execute(chain, signed(alice, [...diff({ [WNEAR]: "-5" }), ...diff({ [WNEAR]: "5" })]));
    deepStrictEqual(
      events(outcome).map(([name]) => name),
      ["dip4 token_diff", "dip4 token_diff", "dip4 intents_executed"],
    );
  });

  it("shows netted transfers only: what came and went again is gone", () => {
    const chain = chainWithUsers();
    const pay = (from: typeof alice, to: typeof alice, amount: string) =>
      signed(from, [{ intent: "transfer", receiver_id: to.accountId, tokens: { [WNEAR]: amount } }]);
    const netted = events(execute(chain, pay(alice, bob, "10"), pay(bob, alice, "4"))).at(-1);
    deepStrictEqual(netted, [
      "nep245 mt_transfer",
      [{ old_owner_id: "alice.near", new_owner_id: "bob.near", token_ids: [WNEAR], amounts: ["6"] }],
    ]);
    const nothing = execute(chain, pay(alice, bob, "4"), pay(bob, alice, "4"));
    deepStrictEqual(
      events(nothing).map(([name]) => name),
      ["dip4 transfer", "dip4 transfer", "dip4 intents_executed"],
    );
  });

  it("is refused as overflow where what is unmatched does not fit 128 bits with a sign", () => {
    const chain = chainWithUsers({ [alice.accountId]: { [WNEAR]: 1n } });
    const huge = String(2n ** 127n - 1n);
    const outcome = execute(chain, signed(alice, [...diff({ [USDC]: huge }), ...diff({ [USDC]: huge })]));
    strictEqual(outcome.panic, 'invariant violated: {"error":"overflow"}');
  });
});

describe("a simulation", () => {
  const simulate = (chain: ReturnType<typeof chainWithUsers>, ...payloads: object[]) =>
    chain.view<Report>(VERIFIER, "simulate_intents", { signed: payloads });

  it("says what executing would, and changes nothing", () => {
    const chain = chainWithUsers();
    const before = chain.snapshot(VERIFIER);
    const payload = signed(alice, [{ intent: "ft_withdraw", token: "wrap.near", receiver_id: "x.near", amount: "3" }]);
    const report = simulate(chain, payload);
    deepStrictEqual(chain.snapshot(VERIFIER), before);
    const executed = execute(chain, payload);
    // Burns are for executing alone.
    deepStrictEqual(report.logs, executed.logs.slice(0, -1));
  });

  it("returns an imbalance that nobody can fill, exactly", () => {
    const ghost = `nep141:${"0123456789abcdef".repeat(4)}`;
    const marked = (signer: typeof alice, intents: object[]) => signed(signer, [...intents, ...diff({ [ghost]: "1" })]);
    const pay = [{ intent: "transfer", receiver_id: "x.near", tokens: { [WNEAR]: "5" } }];
    const chain = chainWithUsers();
    const batch = [marked(alice, pay), marked(bob, [])];
    deepStrictEqual(simulate(chain, ...batch).invariant_violated, {
      error: "unmatched_deltas",
      unmatched_deltas: { [ghost]: "2" },
    });
    strictEqual(execute(chain, ...batch).panic?.startsWith("invariant violated"), true);
  });

  it("names the earliest deadline, as UTC with the fraction it has", () => {
    const chain = chainWithUsers();
    const [late, early] = ["2031-01-01T00:00:00Z", "2030-06-01T02:00:00.1230+02:00"];
    const report = simulate(chain, signed(alice, [], { deadline: late }), signed(bob, [], { deadline: early }));
    strictEqual(report.min_deadline, "2030-06-01T00:00:00.123Z");
    strictEqual("invariant_violated" in report, false);
  });
});

describe("whatever is executed", () => {
  const amount = fc.integer({ min: -60, max: 60 }).map(String);
  const token = fc.constantFrom(WNEAR, USDC);
  const account = fc.constantFrom("alice.near", "bob.near", "carol.near");
  const intent = fc.oneof(
    fc.record({ intent: fc.constant("token_diff"), diff: fc.dictionary(token, amount, { maxKeys: 2 }) }),
    fc.record({
      intent: fc.constant("transfer"),
      receiver_id: account,
      tokens: fc.dictionary(token, fc.nat(60).map(String), { maxKeys: 2 }),
    }),
    fc.record({
      intent: fc.constant("ft_withdraw"),
      token: fc.constantFrom("wrap.near", "usdc.near"),
      receiver_id: fc.constant("x.near"),
      amount: fc.nat(60).map(String),
    }),
  );
  const payloads = fc.array(
    fc.record({ signer: fc.constantFrom(alice, bob), intents: fc.array(intent, { maxLength: 3 }) }),
    {
      maxLength: 3,
    },
  );
  const everybody = ["alice.near", "bob.near", "carol.near", "collector.near"];
  const small = { [alice.accountId]: { [WNEAR]: 100n, [USDC]: 50n }, [bob.accountId]: { [WNEAR]: 50n, [USDC]: 100n } };

  it("conserves tokens: balances are the supply, and the supply changes by the burns alone", () => {
    let succeeded = 0;
    fc.assert(
      fc.property(payloads, (batch) => {
        const chain = chainWithUsers(small, { feePips: 100_000 });
        const outcome = execute(chain, ...batch.map(({ signer, intents }) => signed(signer, intents)));
        if (outcome.ok && batch.some(({ intents }) => intents.length > 0)) succeeded += 1;
        for (const tokenId of [WNEAR, USDC]) {
          const held = everybody.reduce((sum, accountId) => sum + balanceOf(chain, accountId, tokenId), 0n);
          strictEqual(String(held), chain.view(VERIFIER, "mt_supply", { token_id: tokenId }));
          strictEqual(held, 150n - burntOf(outcome, tokenId));
        }
      }),
      { numRuns: 300 },
    );
    strictEqual(succeeded > 10, true, `only ${succeeded} batches went through`);
  });

  it("moves balances as its mt_transfer and mt_burn say, to the unit", () => {
    fc.assert(
      fc.property(payloads, (batch) => {
        const chain = chainWithUsers(small, { feePips: 100_000 });
        const before = new Map(everybody.map((accountId) => [accountId, balanceOf(chain, accountId, WNEAR)]));
        const outcome = execute(chain, ...batch.map(({ signer, intents }) => signed(signer, intents)));
        if (!outcome.ok) return;
        for (const { from, to, amount: moved } of movesOf(outcome, WNEAR)) {
          before.set(from, (before.get(from) ?? 0n) - moved);
          if (to !== undefined) before.set(to, (before.get(to) ?? 0n) + moved);
        }
        for (const [accountId, expected] of before) strictEqual(balanceOf(chain, accountId, WNEAR), expected);
      }),
      { numRuns: 300 },
    );
  });

  it("leaves no trace when it is refused, and uses each nonce once when it is not", () => {
    fc.assert(
      fc.property(payloads, (batch) => {
        const chain = chainWithUsers(small);
        const before = chain.snapshot(VERIFIER);
        const all = batch.map(({ signer, intents }) => signed(signer, intents, { nonce: freshNonce() }));
        const outcome = execute(chain, ...all);
        if (!outcome.ok) deepStrictEqual(chain.snapshot(VERIFIER), before);
        else if (all.length > 0) strictEqual(execute(chain, ...all).panic, "nonce was already used");
      }),
      { numRuns: 200 },
    );
  });
});

describe("a transfer by transaction", () => {
  it("is refused to oneself, of nothing, and of more than there is", () => {
    const chain = chainWithUsers();
    const transfer = (receiver_id: string, amount: string) =>
      transact(chain, alice.accountId, "mt_transfer", { receiver_id, token_id: WNEAR, amount }).panic;
    strictEqual(transfer(alice.accountId, "1"), "invalid intent");
    strictEqual(transfer(bob.accountId, "0"), "invalid intent");
    strictEqual(transfer(bob.accountId, "1000001"), "insufficient balance or overflow");
  });
});

interface Report {
  readonly logs: readonly string[];
  readonly min_deadline: string;
  readonly invariant_violated?: unknown;
}

interface Move {
  readonly from: string;
  /** Undefined for what was burnt. */
  readonly to?: string;
  readonly amount: bigint;
}

type Data = readonly {
  readonly old_owner_id?: string;
  readonly new_owner_id?: string;
  readonly owner_id?: string;
  readonly token_ids: readonly string[];
  readonly amounts: readonly string[];
}[];

function movesOf(outcome: Parameters<typeof events>[0], tokenId: string): readonly Move[] {
  return events(outcome)
    .filter(([name]) => name.startsWith("nep245 "))
    .flatMap(([, data]) => data as Data)
    .flatMap(({ old_owner_id, new_owner_id, owner_id, token_ids, amounts }) =>
      token_ids.flatMap((id, index): Move[] => {
        const move = { from: old_owner_id ?? owner_id ?? "", amount: BigInt(amounts[index] ?? 0) };
        return id === tokenId ? [new_owner_id === undefined ? move : { ...move, to: new_owner_id }] : [];
      }),
    );
}

function burntOf(outcome: Parameters<typeof events>[0], tokenId: string): bigint {
  if (!outcome.ok) return 0n;
  return movesOf(outcome, tokenId).reduce((sum, { to, amount }) => (to === undefined ? sum + amount : sum), 0n);
}
