import type { JsonObject } from "@bufbuild/protobuf";
import { canonicalJson } from "@outlayer/workflow";
import type { UsageEntry } from "./store.ts";
import { type Amounts, emptyLedger, type Ledger, type Reservation, type Totals, type Window } from "./usage.ts";

/** The position of an entry in a wallet's ledger, and its request. */
type EntryPosition = Pick<UsageEntry, "walletId" | "seq" | "requestId">;

/** An entry holds the change and the totals after it, so the latest entry tells what counts now. */
export function usageEntry(
  { walletId, seq, requestId }: EntryPosition,
  change: "reserved" | "released" | "superseded",
  { atMs, totals, own }: Ledger & { readonly own: Reservation },
): UsageEntry {
  const entryJson = canonicalJson({
    at: time(atMs),
    change,
    request_id: requestId,
    reservation: {
      reserved_at: time(own.reservedAtMs),
      steps: own.steps.map(({ amounts, counts }) => ({ amounts: amountsJson(amounts), counts })),
      ...(own.terms === "" ? {} : { terms: own.terms }),
    },
    seq,
    totals: { hour: windowJson(totals.hour), day: windowJson(totals.day), month: windowJson(totals.month) },
    wallet_id: walletId,
  });
  return { walletId, seq, requestId, atMs, entryJson };
}

/**
 * @param last the ledger's latest entry
 * @param own the latest entry of the request that the ledger is read for
 */
export function ledgerOf(last: UsageEntry | undefined, own: UsageEntry | undefined): Ledger {
  const reservation = own === undefined ? undefined : reservationOf(parsed(own).reservation);
  if (last === undefined) return { ...emptyLedger, own: reservation };
  return { atMs: last.atMs, totals: totalsOf(parsed(last).totals), own: reservation };
}

interface EntryJson {
  readonly reservation: ReservationJson;
  readonly totals: Readonly<Record<keyof Totals, WindowJson>>;
}

interface ReservationJson {
  readonly reserved_at: string;
  readonly steps: readonly { readonly amounts: AmountsJson; readonly counts: boolean }[];
  readonly terms?: string;
}

interface WindowJson {
  readonly start: string;
  readonly amounts: AmountsJson;
  readonly transactions: number;
}

type AmountsJson = Readonly<Record<string, string>>;

function parsed({ entryJson }: UsageEntry): EntryJson {
  return JSON.parse(entryJson) as EntryJson;
}

function reservationOf({ reserved_at, steps, terms = "" }: ReservationJson): Reservation {
  return {
    reservedAtMs: Date.parse(reserved_at),
    steps: steps.map(({ amounts, counts }) => ({ amounts: amountsOf(amounts), counts })),
    terms,
  };
}

function totalsOf({ hour, day, month }: EntryJson["totals"]): Totals {
  return { hour: windowOf(hour), day: windowOf(day), month: windowOf(month) };
}

function windowOf({ start, amounts, transactions }: WindowJson): Window {
  return { startMs: Date.parse(start), amounts: amountsOf(amounts), transactions };
}

function windowJson({ startMs, amounts, transactions }: Window): JsonObject {
  return { start: time(startMs), amounts: amountsJson(amounts), transactions };
}

function amountsOf(amounts: AmountsJson): Amounts {
  return new Map(Object.entries(amounts).map(([token, amount]) => [token, BigInt(amount)]));
}

function amountsJson(amounts: Amounts): JsonObject {
  return Object.fromEntries([...amounts].map(([token, amount]) => [token, amount.toString()]));
}

function time(ms: number): string {
  return new Date(ms).toISOString();
}
