import type { Chain, ChainOptions } from "../../src/chain/chain.ts";
import { contractStorage } from "../../src/chain/state.ts";
import type { Outcome } from "../../src/chain/types.ts";
import { createGate } from "../../src/contracts/gate/gate.ts";
import { initGate } from "../../src/contracts/gate/init.ts";
import { createRegister } from "../../src/contracts/register/register.ts";
import { encodeBase64 } from "../../src/crypto/base64.ts";
import { type DelegateAction, delegateHash, encodeSignedDelegate } from "../../src/crypto/delegate.ts";
import { signHash } from "../../src/crypto/sign.ts";
import {
  bytes,
  callAction,
  chainWith,
  deployContract,
  outcomes,
  rawKeyOf,
  receiptOutcome,
  seedOf,
  submit,
  tera,
} from "./support.ts";

const tierOneFee = 30n * 10n ** 21n;

/** A chain with a gate, its approver, two relayers, and `register.near` as target. */
export function chainWithGate(options: Partial<ChainOptions> = {}): Chain {
  const chain = chainWith(["gate.near", "owner.near", "approver.near", "relayer.near", "register.near"], options);
  deployContract(chain, "gate.near", createGate());
  deployContract(chain, "register.near", createRegister());
  chain.intervene((state) => {
    const storage = contractStorage(state, "gate.near");
    initGate(storage, { ownerId: "owner.near", approverId: "approver.near", relayerIds: ["relayer.near"] });
  });
  return chain;
}

export interface SubmitOptions {
  readonly nonce: bigint;
  readonly value?: number;
  readonly gas?: bigint;
  readonly deposit?: bigint;
  readonly method?: string;
}

/** Has the relayer submit `register.near.set` for alice; the transaction's hash. */
export function submitIntent(
  chain: Chain,
  { nonce, value = 0, gas = 30n * tera, deposit = 0n, method = "set" }: SubmitOptions,
) {
  const delegateAction: DelegateAction = {
    senderId: "alice.near",
    receiverId: "register.near",
    actions: [{ kind: "functionCall", methodName: method, args: bytes(JSON.stringify({ value })), gas, deposit }],
    nonce,
    maxBlockHeight: chain.head.height + 1_000n,
    publicKey: rawKeyOf("alice.near"),
  };
  const signature = signHash(seedOf("alice.near"), delegateHash(delegateAction));
  const args = { signed_delegate: encodeBase64(encodeSignedDelegate({ delegateAction, signature })) };
  return submit(chain, "relayer.near", "gate.near", [callAction("submit_intent", args, 250n * tera)]);
}

/** Has the approver resume a chain of intents; the transaction's hash. */
export function resumeBatch(chain: Chain, ids: readonly string[], fee = tierOneFee): string {
  const action = callAction("resume_batch_chained", { intent_ids: ids }, 100n * tera, fee);
  return submit(chain, "approver.near", "gate.near", [action]);
}

export function resumeOne(chain: Chain, id: string, approve = true): string {
  const action = callAction("resume_intent", { intent_id: id, approve }, 100n * tera, tierOneFee);
  return submit(chain, "approver.near", "gate.near", [action]);
}

export interface TraceEvent {
  readonly ev: string;
  readonly block: number;
  readonly [field: string]: unknown;
}

/** The gate's events among the receipts that succeeded, in the order of their blocks. */
export function traceEvents(chain: Chain, hashes: readonly string[]): TraceEvent[] {
  return hashes
    .flatMap((hash) => outcomes(chain, hash))
    .filter(({ status }) => status.kind !== "failure")
    .flatMap(eventsOf)
    .toSorted((a, b) => a.block - b.block);
}

function eventsOf({ logs, height }: Outcome): TraceEvent[] {
  return logs
    .filter((line) => line.startsWith("trace:"))
    .map((line) => ({ ...JSON.parse(line.slice("trace:".length)), block: Number(height) }));
}

/** Block of the outcome that a target left, by what it logged. */
export function blockOfLog(chain: Chain, hash: string, log: string): number | undefined {
  const found = outcomes(chain, hash).find(({ logs }) => logs.includes(log));
  return found === undefined ? undefined : Number(found.height);
}

export function blockOfReceipt(chain: Chain, hash: string): number {
  return Number(receiptOutcome(chain, hash).height);
}

export function viewGate(chain: Chain): { readonly pending: readonly string[]; readonly tail: readonly string[] } {
  const [pending, tail] = ["list_pending", "get_batch_tail"].map((method) =>
    JSON.parse(Buffer.from(chain.view().call("gate.near", method, bytes("{}")).value).toString()),
  );
  return { pending, tail };
}
