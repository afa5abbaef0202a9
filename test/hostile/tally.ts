/** An answer that must not be. */
export interface Incident {
  readonly attack: string;
  /** The request, in short, and what came of it. */
  readonly what: string;
}

/** What one attack came to. */
export interface AttackTally {
  rounds: number;
  requests: number;
  /** Answers, by code. */
  readonly codes: Record<string, number>;
}

/** What attackers have seen; sums of several are one again. */
export interface Tally {
  readonly attacks: Record<string, AttackTally>;
  /** 5xx other than 503 with Retry-After. */
  readonly failures: Incident[];
  /** Answers that no attack may get. */
  readonly letThrough: Incident[];
  /** Answers that showed another wallet's data. */
  readonly leaks: Incident[];
  /** Errors of the harness itself. */
  readonly broken: Incident[];
  /** Request ids of records that hostile wallets opened, by wallet. */
  readonly opened: Record<string, string[]>;
}

/** Incidents of a kind that are kept; the others are as good as these. */
const kept = 20;

export function emptyTally(): Tally {
  return { attacks: {}, failures: [], letThrough: [], leaks: [], broken: [], opened: {} };
}

export function tallyOf(tally: Tally, attack: string): AttackTally {
  let found = tally.attacks[attack];
  if (found === undefined) {
    found = { rounds: 0, requests: 0, codes: {} };
    tally.attacks[attack] = found;
  }
  return found;
}

export function count(tally: Tally, attack: string, code: string, times = 1): void {
  const of = tallyOf(tally, attack);
  of.requests += times;
  of.codes[code] = (of.codes[code] ?? 0) + times;
}

export type IncidentKind = "failures" | "letThrough" | "leaks" | "broken";

export const incidentKinds: readonly IncidentKind[] = ["failures", "letThrough", "leaks", "broken"];

export function note(tally: Tally, kind: IncidentKind, incident: Incident): void {
  const alike = tally[kind].filter(({ attack }) => attack === incident.attack);
  if (alike.length < kept) tally[kind].push(incident);
}

/** Adds one to another. */
export function add(to: Tally, from: Tally): void {
  for (const [name, { rounds, codes }] of Object.entries(from.attacks)) {
    tallyOf(to, name).rounds += rounds;
    for (const [code, times] of Object.entries(codes)) count(to, name, code, times);
  }
  for (const kind of incidentKinds) for (const incident of from[kind]) note(to, kind, incident);
  for (const [walletId, ids] of Object.entries(from.opened)) {
    let known = to.opened[walletId];
    if (known === undefined) {
      known = [];
      to.opened[walletId] = known;
    }
    known.push(...ids);
  }
}

export function requestsIn(tally: Tally): number {
  return Object.values(tally.attacks).reduce((sum, { requests }) => sum + requests, 0);
}
