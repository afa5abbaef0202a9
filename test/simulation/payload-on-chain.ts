import type { Devnet } from "@outlayer/devnet";
import type { Dice } from "./dice.ts";

/** Arguments of `execute_intents` in one of the latest submissions: what anybody may carry to the verifier. */
export function payloadOnChain({ chain, controls }: Devnet, dice: Dice): string | undefined {
  const from = chain.head.height - 40n;
  const transactions = controls.dump(from > 0n ? from : 0n).transactions as readonly {
    transaction: { actions: readonly { FunctionCall?: { method_name: string; args: string } }[] };
  }[];
  const payloads = transactions.flatMap(({ transaction }) => {
    const call = transaction.actions[0]?.FunctionCall;
    if (call?.method_name !== "submit_intent") return [];
    const delegate = JSON.parse(Buffer.from(call.args, "base64").toString()).signed_delegate ?? "";
    const found = /\{"signed":\[.*\]\}/.exec(Buffer.from(delegate, "base64").toString("latin1"))?.[0];
    return found === undefined ? [] : [found];
  });
  return payloads.length === 0 ? undefined : dice.pick(payloads);
}
