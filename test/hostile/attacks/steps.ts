import { loot, payee, wrap } from "../tenants.ts";

/** A unit of wNEAR to the payee: what a limited wallet may do. */
export const lawful = (amount = "1") => ({
  kind: "intents.transfer",
  token: wrap,
  amount,
  receiver_id: payee,
});

/** The same to somebody whom no policy names. */
export const theft = (amount = "5000") => ({ ...lawful(amount), receiver_id: loot });

export const raw = (...intents: object[]) => ({ kind: "intents.execute_raw", intents });

/** A plain call through the gate. */
export const call = (receiverId: string, methodName: string, args: unknown, more: object = {}) => ({
  receiver_id: receiverId,
  method_name: methodName,
  route: "gate_proxy",
  gas: "30000000000000",
  args_json: args,
  ...more,
});

/** A UUID v7 that nobody has. */
export function anyId(dice: { next(): number }): string {
  const hex = (digits: number) => dice.next().toString(16).padStart(8, "0").slice(0, digits);
  return `${hex(8)}-${hex(4)}-7${hex(3)}-8${hex(3)}-${hex(8)}${hex(4)}`;
}
