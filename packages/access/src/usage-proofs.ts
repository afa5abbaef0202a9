import { createHmac, timingSafeEqual } from "node:crypto";
import type { Reservation, StepUsage, Usage, UsageStatement } from "@outlayer/contracts/outlayer/workflow/v1/policy";
import { sha256Hex } from "@outlayer/kit";

type Plain<T extends { readonly $typeName: string }> = Omit<T, "$typeName" | "$unknown">;

/** The wallet whose usage is meant, and the request whose own reservation is left out. */
export interface UsageOf {
  readonly walletId: string;
  readonly requestId: string | undefined;
}

/**
 * MACs under the secret that evidence and signer-proxy share. Statements of evidence reach signer-proxy through a broadcaster,
 * which can neither change nor invent them.
 */
export class UsageProofs {
  readonly #secret: string;

  constructor(secret: string) {
    this.#secret = secret;
  }

  /** @param issuedAtMs milliseconds since the epoch */
  state(of: UsageOf, seq: bigint, usage: Usage, issuedAtMs: number): Plain<UsageStatement> {
    const statement = { seq, usage, issuedAtMs: BigInt(issuedAtMs) };
    return { ...statement, mac: this.#mac(usageText(of, statement)) };
  }

  /** Whether evidence made the statement; its age is for the caller to judge. */
  isStated(of: UsageOf, statement: UsageStatement): boolean {
    return this.#matches(usageText(of, statement), statement.mac);
  }

  reserve(walletId: string, requestId: string, reserved: Reserved): Plain<Reservation> {
    return { ...reserved, mac: this.#mac(reservationText(walletId, requestId, reserved)) };
  }

  isReserved(walletId: string, requestId: string, reservation: Reservation): boolean {
    return this.#matches(reservationText(walletId, requestId, reservation), reservation.mac);
  }

  #mac(text: string): Uint8Array {
    return new Uint8Array(createHmac("sha256", this.#secret).update(text).digest());
  }

  #matches(text: string, mac: Uint8Array): boolean {
    const expected = this.#mac(text);
    return mac.length === expected.length && timingSafeEqual(expected, mac);
  }
}

/** The binding of a reservation: the ledger entry that policy's answer saw, the amounts counted, and the terms of signing. */
export type Reserved = Pick<Reservation, "seq" | "countsDigest" | "termsDigest">;

/** Lower-case hex SHA-256 of the JSON array, without whitespace, of each step's list of `[token, amount]`, in the order given. */
export function countsDigest(steps: readonly StepUsage[]): string {
  return sha256Hex(JSON.stringify(steps.map(({ amounts }) => amounts.map(({ token, amount }) => [token, amount]))));
}

/**
 * The JSON array, without whitespace, `["outlayer-usage", 1, wallet, request or null, seq, issued at, hourly, daily, monthly,
 * transactions]`; a window is its `[token, amount]` sorted by token.
 */
function usageText({ walletId, requestId }: UsageOf, { seq, usage, issuedAtMs }: Omit<Plain<UsageStatement>, "mac">) {
  const windows = [usage?.hourly, usage?.daily, usage?.monthly].map(windowText);
  const about = ["outlayer-usage", 1, walletId, requestId ?? null, seq.toString(), issuedAtMs.toString()];
  return JSON.stringify([...about, ...windows, usage?.hourlyTxCount ?? null]);
}

function windowText(window: { readonly [token: string]: string } = {}): (readonly [string, string])[] {
  return Object.entries(window).sort(([a], [b]) => (a < b ? -1 : 1));
}

/** The JSON array, without whitespace, `["outlayer-reservation", 1, wallet, request, seq, counts digest, terms digest]`. */
function reservationText(walletId: string, requestId: string, { seq, countsDigest, termsDigest }: Reserved): string {
  return JSON.stringify(["outlayer-reservation", 1, walletId, requestId, seq.toString(), countsDigest, termsDigest]);
}
