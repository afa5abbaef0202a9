import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Environment } from "@outlayer/kit";

interface Account {
  readonly accountId: string;
  readonly secretKey: string;
}

/** A gate, and the accounts of its operator. */
export interface GateAccounts {
  readonly gateId: string;
  readonly relayer: Account;
  readonly approver: Account;
}

/** What differs from an entry that names a gate and its accounts alone. */
export type GateSettings = Readonly<Record<string, unknown>>;

/**
 * The variables with which gates are served. The planner reads them too and must not have the keys, so these are in files.
 * @param directory of the files
 */
export function gateVariables(
  gates: readonly GateAccounts[],
  directory: string,
  settings: Readonly<Record<number, GateSettings>> = {},
): Environment {
  const account = ({ accountId, secretKey }: Account) => {
    const path = join(directory, accountId);
    writeFileSync(path, `${secretKey}\n`);
    return { account_id: accountId, secret_keys_file: path };
  };
  const entries = gates.map(({ gateId, relayer, approver }, index) => ({
    gate_id: gateId,
    relayer: account(relayer),
    approver: account(approver),
    ...settings[index],
  }));
  return { ...Object.fromEntries(ofOneGate.map((name) => [name, ""])), GATES_JSON: JSON.stringify(entries) };
}

const ofOneGate = ["RELAYER_ACCOUNT_ID", "RELAYER_SECRET_KEY", "APPROVER_ACCOUNT_ID", "APPROVER_SECRET_KEY"];
