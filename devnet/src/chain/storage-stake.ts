import type { StateView } from "./state.ts";

/** Yocto that an account must have for each byte of its state. */
export const yoctoPerByte = 10n ** 19n;

/** Accounts of at most so many bytes need nothing (NEP-448). */
const freeBytes = 770n;

/** nearcore's bytes of an account record, of a record in a contract's state beside key and value, and about those of an access key. */
const recordBytes = { account: 100n, extra: 40, key: 82n };

const encoder = new TextEncoder();

/** Bytes of one record of a contract's state, as borsh would write it. */
export function storedBytes(key: string, value: unknown): bigint {
  return BigInt(recordBytes.extra + encoder.encode(key).length + bytesOf(value));
}

/** Bytes of an account with its keys and its contract's state. The devnet's contracts have no code to be paid for. */
export function storageUsage(state: StateView, id: string): bigint {
  return recordBytes.account + recordBytes.key * BigInt(state.publicKeys(id).length) + state.contractBytes(id);
}

/** Yocto that an account lacks for its state, 0 where it has enough. */
export function lackingStake(state: StateView, id: string, balance = state.account(id)?.amount ?? 0n): bigint {
  const bytes = storageUsage(state, id);
  const needed = bytes <= freeBytes ? 0n : bytes * yoctoPerByte;
  return balance >= needed ? 0n : needed - balance;
}

function bytesOf(value: unknown): number {
  switch (typeof value) {
    case "string":
      return 4 + encoder.encode(value).length;
    case "bigint":
      return 16;
    case "number":
      return 8;
    case "object":
      return bytesOfObject(value);
    default:
      return 1;
  }
}

function bytesOfObject(value: object | null): number {
  if (value === null) return 1;
  if (value instanceof Uint8Array) return 4 + value.length;
  const parts: unknown[] = value instanceof Map || value instanceof Set ? [...value] : Object.values(value);
  return 4 + parts.reduce<number>((sum, part) => sum + bytesOf(part), 0);
}
