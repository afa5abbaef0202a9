import type { Intents } from "@outlayer/contracts/outlayer/workflow/v1/call";
import { encodeHex, sha256 } from "@outlayer/near";
import { InvalidRequest } from "./problems.ts";

/**
 * A token that can never exist: its contract would be the implicit account whose public key is this hash, and nobody holds the
 * private key to a hash.
 */
export const blockingToken = `nep141:${encodeHex(sha256("outlayer: a token that nobody can issue, for simulation only"))}`;

const blocker = JSON.stringify({ intent: "token_diff", diff: { [blockingToken]: "1" } });

/** Longest time until a payload for simulation expires, milliseconds. */
const longestMs = 120_000;

/**
 * A step's intents, byte for byte, behind an intent that asks for a unit of `blockingToken`. Nobody can provide that unit, so no
 * batch with this payload balances: the verifier simulates it and never executes it (rule: simulated-payload-never-balances).
 * @param intentsJson JSON text of an array, as was checked when policy was asked about it
 */
export function simulationIntents({ intentsJson }: Pick<Intents, "intentsJson">): string {
  const text = intentsJson.trim();
  if (!text.startsWith("[") || !text.endsWith("]")) throw new InvalidRequest("call.intents must be a JSON array");
  const rest = text.slice(1, -1).trim();
  return rest === "" ? `[${blocker}]` : `[${blocker},${rest}]`;
}

/** @throws InvalidRequest */
export function checkSimulationDeadline(deadlineMs: bigint, nowMs: number): void {
  if (deadlineMs > BigInt(nowMs + longestMs)) {
    throw new InvalidRequest(`deadline_ms must be at most ${longestMs / 1000} s from now`);
  }
}
