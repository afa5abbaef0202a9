import { accountId, gateEntries, gateField } from "@outlayer/access";
import { decimal, list, Malformed, type Parse } from "@outlayer/kit";
import type { KeyPair } from "@outlayer/near";
import { secretKey, sha256Base58 } from "./parse.ts";

/** A gate that is operated: its terms, and the accounts and keys that nobody but its own drivers signs with. Amounts in yoctoNEAR. */
export interface OperatedGate {
  readonly gateId: string;
  readonly relayerId: string;
  readonly relayerKeys: readonly KeyPair[];
  readonly approverId: string;
  readonly approverKeys: readonly KeyPair[];
  readonly gateFeeYocto: bigint;
  readonly gateMaxFeeYocto: bigint;
  /** Base58 of the SHA-256 of the gate's wasm; undefined: not compared. */
  readonly gateCodeHash: string | undefined;
  /** Undefined: not compared. */
  readonly gateOwnerId: string | undefined;
}

export const usualMaxFeeYocto = 60_000_000_000_000_000_000_000n;

const fields = [
  ...["gate_id", "weight", "drain", "relayer", "approver"],
  ...["fee_1_to_3_yocto", "max_fee_yocto", "code_hash", "owner_id"],
];
const accountFields = ["account_id", "secret_keys", "secret_keys_file"];

/**
 * `GATES_JSON`: an array of `{gate_id, relayer, approver}` with `fee_1_to_3_yocto`, `max_fee_yocto`, `code_hash`, `owner_id`, `weight`
 * and `drain` where they differ. Relayer and approver are `{account_id, secret_keys}`, with `secret_keys_file` in place of the keys
 * where these are in a file, comma-separated. A problem names the gate's place and never a value.
 * @param needsKeys false where nothing is signed: an account may then have no keys
 */
export function operatedGates(
  readSecretFile: (path: string) => string,
  needsKeys = true,
): Parse<readonly OperatedGate[]> {
  const accountOf = (given: unknown, place: string) => operatorAccount(given, place, readSecretFile, needsKeys);
  return (value) => {
    const gates = gateEntries(value).map(({ gateId, feeYocto, given }, index): OperatedGate => {
      const place = `(gate ${index + 1})`;
      refuseOthers(given, fields, place);
      const relayer = accountOf(given.relayer, `${place} relayer`);
      const approver = accountOf(given.approver, `${place} approver`);
      const { max_fee_yocto = String(usualMaxFeeYocto), code_hash, owner_id } = given;
      return {
        gateId,
        relayerId: relayer.id,
        relayerKeys: relayer.keys,
        approverId: approver.id,
        approverKeys: approver.keys,
        gateFeeYocto: feeYocto,
        gateMaxFeeYocto: gateField(max_fee_yocto, decimal, `${place} must have a decimal text as max_fee_yocto`),
        gateCodeHash:
          code_hash === undefined
            ? undefined
            : gateField(code_hash, sha256Base58, `${place} must have base58 of a SHA-256 as code_hash`),
        gateOwnerId:
          owner_id === undefined
            ? undefined
            : gateField(owner_id, accountId, `${place} must have a NEAR account id as owner_id`),
      };
    });
    refuseShared(gates);
    return gates;
  };
}

/**
 * Each gate's money and nonces are planned by its own broadcaster alone, so no two gates may have an account in common: relayers and
 * approvers pay gas and fees.
 */
function refuseShared(gates: readonly OperatedGate[]): void {
  for (const [index, gate] of gates.entries()) {
    for (const [before, other] of gates.slice(0, index).entries()) {
      const taken = [other.relayerId, other.approverId];
      const shared = (["relayer", "approver"] as const).find((role) => taken.includes(gate[`${role}Id`]));
      if (shared !== undefined) {
        throw new Malformed(`(gate ${index + 1}) must not have an account of gate ${before + 1} as ${shared}`);
      }
      const keys = new Set([...other.relayerKeys, ...other.approverKeys].map(({ publicKey }) => publicKey));
      if ([...gate.relayerKeys, ...gate.approverKeys].some(({ publicKey }) => keys.has(publicKey))) {
        throw new Malformed(`(gate ${index + 1}) must not have a key of gate ${before + 1}`);
      }
    }
  }
}

function operatorAccount(given: unknown, place: string, readSecretFile: (path: string) => string, needsKeys: boolean) {
  if (typeof given !== "object" || given === null) throw new Malformed(`${place} must be an object`);
  const account = given as Readonly<Record<string, unknown>>;
  refuseOthers(account, accountFields, place);
  const id = gateField(account.account_id, accountId, `${place} must have a NEAR account id as account_id`);
  const isWithout = account.secret_keys === undefined && account.secret_keys_file === undefined;
  return { id, keys: isWithout && !needsKeys ? [] : keysOf(account, place, readSecretFile) };
}

function keysOf(
  { secret_keys: inline, secret_keys_file: path }: Readonly<Record<string, unknown>>,
  place: string,
  readSecretFile: (path: string) => string,
): readonly KeyPair[] {
  if ((inline === undefined) === (path === undefined)) {
    throw new Malformed(`${place} must have either secret_keys or secret_keys_file`);
  }
  if (path !== undefined) return keysIn(readFile(path, place, readSecretFile), place);
  if (!Array.isArray(inline) || inline.length === 0 || !inline.every((key) => typeof key === "string")) {
    throw new Malformed(`${place} must have an array of texts as secret_keys`);
  }
  return keysIn(inline.join(","), place);
}

function readFile(path: unknown, place: string, readSecretFile: (path: string) => string): string {
  try {
    return readSecretFile(String(path));
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "unknown error";
    throw new Malformed(`${place}: secret_keys_file cannot be read: ${code}`);
  }
}

function keysIn(text: string, place: string): readonly KeyPair[] {
  try {
    return list(secretKey)(text);
  } catch (error) {
    throw error instanceof Malformed ? new Malformed(`${place}: secret_keys ${error.message}`) : error;
  }
}

function refuseOthers(given: object, known: readonly string[], place: string): void {
  const isOther = Object.keys(given).some((name) => !known.includes(name));
  if (isOther) throw new Malformed(`${place} may have only ${known.join(", ")}`);
}
