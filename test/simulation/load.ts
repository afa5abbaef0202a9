import type { Dice } from "./dice.ts";
import { walletIds } from "./world.ts";

/** A request that a wallet's worker will make. */
export interface Order {
  readonly walletId: string;
  readonly endpoint: "workflow" | "batch" | "user_call";
  readonly key: string;
  /** Body as JSON. */
  readonly json: string;
  /** From the begin of the history. */
  readonly atMs: number;
  /** It is posted twice, as by a worker that did not wait for the answer. */
  readonly isDoubled: boolean;
  /** How long after the answer it is cancelled; undefined where it is not. Milliseconds. */
  readonly cancelledAfterMs: number | undefined;
}

/** Somebody who trades with whoever comes. */
export interface Maker {
  /** @param diff raw units of its balances by token @returns a payload for `execute_intents` */
  sign(diff: Readonly<Record<string, string>>): Promise<object>;
}

const wrap = "nep141:wrap.near";
const usdc = "nep141:usdc.near";

/** Of the steps of workflows, those that call a contract that means ill. */
const hostileShare = 0.06;

/** What the verifier keeps of what is given, at its fee of one millionth. */
const delivered = (amount: bigint) => amount - (amount + 999_999n) / 1_000_000n;

/** One to three calls each, of mixed kinds; some go step by step, some are cancelled. No two move the same amount or set the same value, so that each is known on chain. */
export async function ordersOf(
  dice: Dice,
  { maker, gateIds }: { readonly maker: Maker; readonly gateIds: readonly string[] },
  count: number,
  withinMs: number,
): Promise<readonly Order[]> {
  const [gateId = ""] = gateIds;
  let unique = 0;
  const transfer = (whole: number) => {
    unique += 1;
    return {
      kind: "intents.transfer",
      token: wrap,
      amount: `${BigInt(whole) * 10n ** 24n + BigInt(unique) * 10n ** 15n}`,
      receiver_id: "mike.near",
    };
  };
  const swap = async () => {
    unique += 1;
    const amount_in = BigInt(unique) * 10n ** 15n;
    return {
      kind: "intents.swap",
      token_in: wrap,
      token_out: usdc,
      amount_in: String(amount_in),
      min_amount_out: "1",
      counterparty_signed: [await maker.sign({ [wrap]: String(delivered(amount_in)), [usdc]: "-2" })],
    };
  };
  /** What the verifier may give back, in whole or in part, some blocks after it was executed; or lose, or not. */
  const revocable = () => {
    unique += 1;
    const amount = String(BigInt(unique) * 10n ** 15n);
    const keep = dice.pick([amount, "0", "7"]);
    const msg = JSON.stringify({ keep, after: dice.pick([0, 0, 12]), ...(dice.chance(0.2) ? { fail: "no" } : {}) });
    // Nobody is called nobody.near; mike.near has no code, and is registered with no token.
    const receiver_id = dice.pick(["mike.near", "receiver.near"]);
    const withdraw = { intent: "ft_withdraw", token: "wrap.near", receiver_id, amount };
    const intent = dice.pick([
      withdraw,
      { ...withdraw, msg },
      { intent: "transfer", receiver_id, tokens: { [wrap]: amount }, msg },
      { intent: "native_withdraw", receiver_id: dice.pick(["mike.near", "nobody.near"]), amount },
    ]);
    return { kind: "intents.execute_raw", intents: [intent] };
  };
  const register = (isRight: boolean) => {
    unique += 1;
    const args_json = { value: isRight ? unique : `no number ${unique}` };
    return { receiver_id: "register.near", method_name: "set", gas: "30000000000000", deposit: "0", args_json };
  };
  /** Calls of a contract that means ill; `id` tells them apart. */
  const hostile = () => {
    unique += 1;
    const gate = { receiver: gateId, method: "on_intent_resumed", args: '{"intent_id":"0"}' };
    const [method_name, args] = dice.pick<[string, object]>([
      ["answer_late", { blocks: dice.between(1, 12) }],
      ["answer_by_yield", { rounds: dice.chance(0.2) ? 1 : 0 }],
      ["call_back_late", { ...gate, blocks: dice.between(0, 8) }],
      ["log_huge", { lines: 16, bytes: 1_024 }],
      ["return_huge", { bytes: dice.chance(0.1) ? 4_000_000 : 20_000 }],
      ["move_and_fail", { receiver: "register.near" }],
      ["burn_all", {}],
    ]);
    const args_json = { ...args, id: unique };
    return { receiver_id: "hostile.near", method_name, gas: "100000000000000", deposit: "0", args_json };
  };
  /** Of a target that calls the gate's own callback, which refuses it: the gate's receipt is then one that failed. */
  const callBack = () => {
    unique += 1;
    const args = JSON.stringify({ intent_id: String(unique), receiver: "register.near", method: "set" });
    const args_json = { receiver: gateId, method: "on_intent_resumed", args };
    return { receiver_id: "hostile.near", method_name: "call_back", gas: "60000000000000", deposit: "0", args_json };
  };
  const step = async () => {
    if (dice.chance(hostileShare)) return { ...hostile(), route: "gate_proxy" };
    const kind = dice.fraction();
    if (kind < 0.4) return transfer(0);
    if (kind < 0.5) return swap();
    // Some of these fit once and not twice: a wallet holds 100.
    if (kind < 0.56) return transfer(60);
    if (kind < 0.7) return revocable();
    return { ...(kind < 0.97 ? register(kind < 0.92) : callBack()), route: "gate_proxy" };
  };
  const way = () => {
    const kind = dice.fraction();
    if (kind < 0.25) return { on_failure: "halt" };
    return kind < 0.4 ? { ordering: "any" } : {};
  };
  const orders: Order[] = [];
  for (let index = 0; index < count; index += 1) {
    const calls = dice.between(1, 3);
    const isBatch = dice.chance(0.2);
    const key = `order-${index}`;
    const steps: object[] = [];
    for (let at = 0; at < calls; at += 1) steps.push(isBatch ? register(dice.chance(0.9)) : await step());
    const body = isBatch ? { gate_id: gateIds[index % gateIds.length], calls: steps } : { steps, ...way() };
    orders.push({
      walletId: dice.pick(walletIds),
      endpoint: isBatch ? "batch" : "workflow",
      key,
      json: JSON.stringify({ ...body, idempotency_key: key }),
      atMs: dice.between(0, withinMs),
      isDoubled: dice.chance(0.1),
      cancelledAfterMs: dice.chance(0.2) ? dice.between(0, dice.pick([1_000, 8_000, 40_000])) : undefined,
    });
  }
  return orders;
}
