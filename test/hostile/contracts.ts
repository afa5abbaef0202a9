import type { Devnet } from "@outlayer/devnet";
import { contractStorage } from "../../devnet/src/chain/state.ts";
import { type Contract, ContractPanic, type Env, MethodNotFound, type Returned } from "../../devnet/src/contract.ts";
import { creditVerifier } from "../../devnet/src/contracts/index.ts";
import { codeHashOf } from "../../devnet/src/contracts/sdk/code-hash.ts";
import { near, wrap } from "./tenants.ts";

/** A stranger's contract, which answers as nobody should. */
export const hostileContract = "contract.hostile.near";

/** Bytes of an answer that is as large as a node gives it. */
const hugeBytes = 4_000_000;

const tgas = 1_000_000_000_000n;
const wentThrough = "on_auth";

/** Views of it that the node itself is slow to answer, by name. */
const slowViews = { answer_slowly: 6_000, answer_never: 600_000 } as const;

/** What it was called to authorize, as `signer msg`: calls that a policy of the signer forbids. */
function authorized(env: Env): readonly string[] {
  return env.storage.get<readonly string[]>(wentThrough) ?? [];
}

const methods: Readonly<Record<string, (env: Env, args: Uint8Array) => Returned>> = {
  answer_hugely: () => bytes(JSON.stringify("x".repeat(hugeBytes))),
  answer_deeply: () => bytes("[".repeat(50_000) + "]".repeat(50_000)),
  answer_slowly: () => bytes("1"),
  answer_never: () => bytes("1"),
  fail(env) {
    env.useGas(tgas);
    throw new ContractPanic(`no ${"so very sorry ".repeat(700)}`);
  },
  /** As many logs as a receipt may have, as large as they may be. */
  log_much(env) {
    env.useGas(tgas);
    for (let line = 0; line < 100; line += 1) env.log(`EVENT_JSON:${"{".repeat(150)}`);
    return bytes("");
  },
  /** Calls the gate and the verifier from within the gate's own dispatch. */
  call_back(env) {
    env.useGas(tgas);
    const call = (receiver: string, method: string, args: unknown) =>
      env.promise({
        receiver,
        actions: [
          {
            kind: "call",
            method,
            args: Buffer.from(JSON.stringify(args)),
            deposit: 0n,
            gas: 5n * tgas,
            gasWeight: 0n,
          },
        ],
      });
    call("gate.sequential.near", "resume_intent", { intent_id: "1", approve: true });
    call("intents.near", "execute_intents", { signed: [] });
    return { promise: call(hostileContract, "fail", {}) };
  },
  on_auth(env, args) {
    env.useGas(tgas);
    const { signer_id, msg } = JSON.parse(Buffer.from(args).toString());
    env.storage.set(wentThrough, [...authorized(env), `${signer_id} ${msg}`]);
    return bytes("");
  },
  authorized: (env) => bytes(JSON.stringify(authorized(env))),
};

function bytes(text: string): Returned {
  return { value: Buffer.from(text) };
}

const contract: Contract = {
  codeHash: codeHashOf("hostile"),
  call(env, method, args) {
    const run = Object.hasOwn(methods, method) ? methods[method] : undefined;
    if (run === undefined) throw new MethodNotFound(method);
    return run(env, args);
  },
};

/** What stood to the gate's credit in the verifier before anybody came, raw units of wNEAR. */
export const gateCredit = 5_000n;

/** Puts the stranger's contract on the chain, and something in the gate's name into the verifier. */
export function deployHostile(
  devnet: Devnet,
  extra: readonly { readonly accountId: string; readonly tokens: Readonly<Record<string, bigint>> }[],
): void {
  devnet.controls.accounts.setBalance(hostileContract, 10n * near);
  devnet.chain.intervene((state) => {
    const account = state.account(hostileContract);
    state.setAccount(hostileContract, { amount: account?.amount ?? 0n, codeHash: contract.codeHash });
    state.setContract(hostileContract, contract);
    creditVerifier(contractStorage(state, devnet.verifierId), devnet.gateId, wrap, gateCredit);
    for (const { accountId, tokens } of extra) {
      for (const [token, amount] of Object.entries(tokens)) {
        creditVerifier(contractStorage(state, devnet.verifierId), accountId, token, amount);
      }
    }
  });
  for (const [view, ms] of Object.entries(slowViews)) {
    const method = `query:call_function:${view}`;
    devnet.controls.faults.add({ target: "rpc", method, count: null, fault: { kind: "delay", ms } });
  }
}
