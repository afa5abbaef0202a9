import type { Devnet } from "@outlayer/devnet";
import type { Environment } from "@outlayer/kit";
import { encodeBase58, keyPairFromSeed, parseSecretKey } from "@outlayer/near";
import type { Dice } from "./dice.ts";

/** A gate of the devnet, with the keys that the product has of its accounts. */
export interface OperatedGate {
  readonly gateId: string;
  readonly relayer: AccountWithKeys;
  readonly approver: AccountWithKeys;
}

interface AccountWithKeys {
  readonly accountId: string;
  readonly keys: readonly OperatorKey[];
}

interface OperatorKey {
  readonly publicKey: string;
  /** `ed25519:` and base58. */
  readonly secretKey: string;
}

/** @param keys how many access keys each relayer and each approver has: those that they have are among them */
export function operatedGates(
  devnet: Devnet,
  keys: { readonly relayer: number; readonly approver: number },
  dice: Dice,
): readonly OperatedGate[] {
  return devnet.gates.map(({ gateId, relayer, approver }) => ({
    gateId,
    relayer: { accountId: relayer.accountId, keys: addKeys(devnet, relayer, keys.relayer, dice) },
    approver: { accountId: approver.accountId, keys: addKeys(devnet, approver, keys.approver, dice) },
  }));
}

/** @returns as many keys of an account, the one that it has and new ones */
function addKeys(
  devnet: Devnet,
  { accountId, secretKey }: { readonly accountId: string; readonly secretKey: string },
  count: number,
  dice: Dice,
): readonly OperatorKey[] {
  const own = { publicKey: parseSecretKey(secretKey).publicKey, secretKey };
  const added = Array.from({ length: count - 1 }, () => {
    const seed = dice.bytes(32);
    const { publicKey } = keyPairFromSeed(seed);
    devnet.controls.accounts.addKey(accountId, publicKey, { kind: "fullAccess" });
    return { publicKey, secretKey: `ed25519:${encodeBase58(seed)}` };
  });
  return [own, ...added];
}

/** The gates as the product is told of them: one by its own variables, as most operators have it. */
export function gateVariables(gates: readonly OperatedGate[]): Environment {
  const secretsOf = ({ keys }: AccountWithKeys) => keys.map(({ secretKey }) => secretKey);
  const [first, ...others] = gates;
  if (first !== undefined && others.length === 0) {
    return {
      RELAYER_ACCOUNT_ID: first.relayer.accountId,
      RELAYER_SECRET_KEY: secretsOf(first.relayer).join(),
      APPROVER_ACCOUNT_ID: first.approver.accountId,
      APPROVER_SECRET_KEY: secretsOf(first.approver).join(),
    };
  }
  const account = (one: AccountWithKeys) => ({ account_id: one.accountId, secret_keys: secretsOf(one) });
  const entries = gates.map(({ gateId, relayer, approver }) => {
    return { gate_id: gateId, relayer: account(relayer), approver: account(approver) };
  });
  return { GATES_JSON: JSON.stringify(entries) };
}
