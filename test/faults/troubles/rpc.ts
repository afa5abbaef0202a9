import { setTimeout as sleep } from "node:timers/promises";
import type { Fault } from "@outlayer/devnet";
import type { Dice } from "../../simulation/dice.ts";
import { reached, type UnderWay } from "./chain.ts";
import type { Trouble } from "./trouble.ts";

/** What a node can do to a call, whatever it asks. */
const ofAnyCall: Readonly<Record<string, Fault>> = {
  "does the work and loses the answer": { kind: "lost" },
  "drops the connection": { kind: "reset" },
  "answers 500": { kind: "server_error" },
  "answers with HTML": { kind: "html", status: 502 },
  "answers 429": { kind: "too_many_requests", retry_after_secs: null },
  "is slow": { kind: "delay", ms: 150 },
  "lags behind": { kind: "lag", blocks: 3 },
};

/** A node as nearcore refuses a nonce; that proves nothing, since the first send may have landed. */
const staleNonce: Fault = {
  kind: "error",
  error: {
    name: "HANDLER_ERROR",
    cause: { name: "INVALID_TRANSACTION", info: {} },
    code: -32000,
    message: "Server error",
    data: { TxExecutionError: { InvalidTxError: { InvalidNonce: { tx_nonce: 1, ak_nonce: 2 } } } },
  },
};

/** A call is given up after five seconds. */
const timeout: Fault = { kind: "delay", ms: 5_500 };

/** Milliseconds from block to block at mainnet's pace are six of ours: what lasts longer than that ages a yield too much. */
const askedToWait: Fault = { kind: "too_many_requests", retry_after_secs: 1 };

/** What a process asks once and keeps. */
const onceAProcess = ["status", "EXPERIMENTAL_genesis_config"];

/** One fault, at the next call of each of these methods. */
function each(name: string, methods: readonly string[], fault: Fault, count = 1): Trouble {
  return {
    name: `the node ${name}`,
    isOfStart: methods.some((method) => onceAProcess.includes(method)),
    before({ system: { devnet } }) {
      for (const method of methods) devnet.controls.faults.add({ target: "rpc", method, count, fault });
    },
  };
}

/** What a node can do to whatever it is asked. @param methods a query by its type, e.g. `query:view_account` */
export function callTroubles(methods: readonly string[]): readonly Trouble[] {
  return [
    ...Object.entries(ofAnyCall).map(([name, fault]) => each(name, methods, fault)),
    ...methods.map((method) => each(`lets ${method} time out`, [method], timeout)),
  ];
}

/** What it can do to transactions alone. */
export const transactionTroubles: readonly Trouble[] = [
  ...["send_tx", "EXPERIMENTAL_tx_status"].map((one) => each(`asks ${one} to wait`, [one], askedToWait)),
  each("refuses a nonce", ["send_tx"], staleNonce, 2),
  each("does not know what it took in", ["EXPERIMENTAL_tx_status"], { kind: "unknown_transaction", blocks: 8 }, 10),
  each("passes a transaction on late", ["send_tx"], { kind: "arrive_late", blocks: 3 }),
];

/** The node does not find what it took in, until the record says that nobody knows. */
export const forgetful: Trouble = {
  name: "the node does not know what it took in for longer than it is waited for",
  async during(world, requestId) {
    const { faults } = world.system.devnet.controls;
    const fault = { kind: "unknown_transaction", blocks: 1_000 } as const;
    const { id } = faults.add({ target: "rpc", method: "EXPERIMENTAL_tx_status", count: null, fault });
    await world.until(requestId, ({ error_code }) => error_code === "outcome_unknown");
    faults.remove(id);
  },
};

/** It takes no transaction in, until all kills have been. */
export const silenced = (status: UnderWay): Trouble => ({
  name: `the node takes no transaction in from ${status} on`,
  async during(world, requestId) {
    await reached(world, requestId, status);
    const { faults } = world.system.devnet.controls;
    const error = { name: "HANDLER_ERROR", cause: { name: "INVALID_TRANSACTION" }, code: -32000, message: "busy" };
    const { id } = faults.add({ target: "rpc", method: "send_tx", count: null, fault: { kind: "error", error } });
    const giveUpAt = Date.now() + 60_000;
    while (world.traps.left > 0 && Date.now() < giveUpAt) await sleep(50);
    faults.remove(id);
  },
});

const anyMethod = ["*", "block", "query", "send_tx", "EXPERIMENTAL_tx_status", "status"];

/** Some fault at the next calls of some method. */
export function anyCallTrouble(dice: Dice): Trouble {
  const faults = [
    ...Object.entries(ofAnyCall),
    ["lets calls time out", timeout] as const,
    ["asks to wait", askedToWait] as const,
  ].map(
    ([name, fault]) =>
      () =>
        each(name, [dice.pick(anyMethod)], fault, dice.between(1, 3)),
  );
  const ofSends = [
    () => each("refuses a nonce", ["send_tx"], staleNonce, 2),
    () => each("passes a transaction on late", ["send_tx"], { kind: "arrive_late", blocks: dice.between(1, 5) }),
    () =>
      each(
        "does not know what it took in",
        ["EXPERIMENTAL_tx_status"],
        { kind: "unknown_transaction", blocks: dice.between(2, 20) },
        dice.between(1, 10),
      ),
  ];
  return dice.pick([...faults, ...ofSends])();
}
