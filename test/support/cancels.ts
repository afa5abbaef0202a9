import { Actor, signIntents } from "./actors.ts";
import { transactions } from "./chain-dump.ts";
import { type Misbehaviour, misbehavingSigner } from "./misbehaving-signer.ts";
import { dust, transfer } from "./steps.ts";
import { type System, type SystemOptions, withSystem } from "./system.ts";

export const oneDust = 1_000_000_000_000_000_000n;
export const usedText = "Smart contract panicked: nonce was already used";

// biome-ignore lint/suspicious/noExplicitAny: records as REST answers them
export type Json = any;

export const outcomesOf = (record: Json): string[] => record.step_outcomes.map(({ outcome }: Json) => outcome);

/** Somebody else carries payloads to the verifier. @returns the error of the first receipt, if it failed */
export async function carry(system: System, ...payloads: readonly string[]): Promise<string | undefined> {
  const hash = await new Actor(system.devnet, "mike.near").call({
    receiverId: system.devnet.verifierId,
    methodName: "execute_intents",
    args: { signed: payloads.map((payload) => JSON.parse(payload)) },
  });
  const sent = transactions(system.devnet).find(({ transaction }) => transaction.hash === hash);
  const status = sent?.receipts[0]?.outcome?.outcome.status as Json;
  return status?.Failure?.ActionError?.kind?.FunctionCallError?.ExecutionError;
}

export const balanceOf = ({ devnet }: System) =>
  devnet.controls.verifier.balanceOf(devnet.wallets[0]?.accountId ?? "", dust.token);

/** A system in which somebody takes the wallet's last USDC while the third step is signed, so that such a step fails. */
export function drained(options: SystemOptions & { readonly signer?: Misbehaviour } = {}) {
  let drain = async () => {};
  let isDone = false;
  const { signer, ...rest } = options;
  const wrap = misbehavingSigner({
    ...signer,
    async answer(response, request) {
      if (request.step === 2 && !isDone) {
        isDone = true;
        await drain();
      }
      return response;
    },
  });
  return async (run: (system: System) => Promise<void>) =>
    withSystem({ ...rest, wrap }, async (system) => {
      drain = async () => {
        const { verifier } = system.devnet.controls;
        const left = verifier.balanceOf(system.devnet.wallets[0]?.accountId ?? "", usdc.token);
        const tokens = { [usdc.token]: String(left) };
        const intent = { intent: "transfer", receiver_id: "elsewhere.near", tokens };
        await carry(system, JSON.stringify(await signIntents(system.devnet, "wallet-1", [intent])));
      };
      await run(system);
    });
}

export const usdc = transfer("5", "nep141:usdc.near");
export const half = [dust, usdc, dust];
