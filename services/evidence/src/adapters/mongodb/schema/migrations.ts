import { directUserCalls } from "@outlayer/workflow";
import type { Db } from "mongodb";
import type { CollectionSpec } from "../collection.ts";
import { entriesSpec } from "../entries.ts";
import { gateEntriesSpec } from "../gate-entries.ts";
import { leasesSpec, retireLease } from "../leases.ts";
import { noncesSpec } from "../nonces.ts";
import { quotaAccountsSpec } from "../quota-accounts.ts";
import { sessionMarksSpec } from "../session-marks.ts";
import { signedInAccountsSpec } from "../signed-in-accounts.ts";
import { usageEntriesSpec } from "../usage-entries.ts";

/** A step from one version of the schema to the next: its collections become as they are declared. */
export interface Migration {
  /** From 1, without gaps. */
  readonly version: number;
  readonly name: string;
  readonly collections: readonly CollectionSpec[];
  /** What is done to documents, after that. Like all of a migration it can be applied twice. */
  readonly change?: (db: Db, nowMs: number) => Promise<void>;
}

/**
 * In order; a released migration is never removed. Programs of the previous version go on working while one is applied and
 * afterwards: a migration only adds, and requires of documents nothing that an older program does not write. Things that are no
 * longer needed are dropped a release later.
 */
export const migrations: readonly Migration[] = [
  {
    version: 1,
    name: "logs, claims, nonces and ledgers",
    collections: [entriesSpec, gateEntriesSpec, noncesSpec, usageEntriesSpec],
  },
  { version: 2, name: "marks of what was published", collections: [entriesSpec] },
  { version: 3, name: "leases", collections: [leasesSpec] },
  { version: 4, name: "secrets beside what is hashed", collections: [entriesSpec] },
  { version: 5, name: "quota accounts", collections: [quotaAccountsSpec] },
  { version: 6, name: "marks of sessions", collections: [sessionMarksSpec] },
  { version: 7, name: "accounts that signed in", collections: [signedInAccountsSpec] },
  { version: 8, name: "partitions of open workflows", collections: [entriesSpec] },
  { version: 9, name: "since when a lease is held, and leases of processes", collections: [leasesSpec] },
  { version: 10, name: "what is said of gates", collections: [leasesSpec] },
  {
    version: 11,
    name: "users' calls are several partitions",
    collections: [],
    // Entries stay as they are: programs of the version before go on writing the one partition, so lists look for both.
    change: (db, nowMs) => retireLease(db, directUserCalls, nowMs),
  },
];
