import type { DatabaseSync } from "node:sqlite";

/** Each entry migrates the file from one version to the next, and is never changed once it has landed. */
const migrations: readonly string[] = [
  `CREATE TABLE entries (
     request_id TEXT NOT NULL,
     version INTEGER NOT NULL,
     at_ms INTEGER NOT NULL,
     entry_json TEXT NOT NULL,
     hash TEXT NOT NULL,
     wallet_id TEXT,
     idempotency_key TEXT,
     fingerprint TEXT,
     PRIMARY KEY (request_id, version)
   ) STRICT, WITHOUT ROWID;
   -- Only first entries have these: elsewhere they are NULL, and NULLs never collide.
   CREATE UNIQUE INDEX entries_claim ON entries (wallet_id, idempotency_key);
   CREATE TABLE projections (
     request_id TEXT PRIMARY KEY,
     wallet_id TEXT NOT NULL,
     status TEXT NOT NULL,
     terminal INTEGER NOT NULL,
     version INTEGER NOT NULL
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX projections_open ON projections (request_id) WHERE terminal = 0;
   CREATE TABLE nonces (
     sender_id TEXT NOT NULL,
     nonce INTEGER NOT NULL,
     PRIMARY KEY (sender_id, nonce)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE gate_entries (
     gate_id TEXT NOT NULL,
     version INTEGER NOT NULL,
     at_ms INTEGER NOT NULL,
     entry_json TEXT NOT NULL,
     hash TEXT NOT NULL,
     PRIMARY KEY (gate_id, version)
   ) STRICT, WITHOUT ROWID;`,
  `CREATE TABLE usage_entries (
     wallet_id TEXT NOT NULL,
     seq INTEGER NOT NULL,
     request_id TEXT NOT NULL,
     at_ms INTEGER NOT NULL,
     entry_json TEXT NOT NULL,
     PRIMARY KEY (wallet_id, seq)
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX usage_entries_request ON usage_entries (wallet_id, request_id, seq);
   -- Only first entries can have it: an approval is used up once.
   ALTER TABLE entries ADD COLUMN approval_of TEXT;
   CREATE UNIQUE INDEX entries_approval ON entries (approval_of);`,
  `ALTER TABLE projections ADD COLUMN updated_at_ms INTEGER NOT NULL DEFAULT 0;
   ALTER TABLE projections ADD COLUMN published_version INTEGER NOT NULL DEFAULT 0;
   CREATE INDEX projections_unpublished ON projections (request_id) WHERE published_version < version;`,
  `CREATE TABLE leases (
     resource TEXT PRIMARY KEY,
     holder_id TEXT NOT NULL,
     epoch INTEGER NOT NULL,
     expires_at_ms INTEGER NOT NULL
   ) STRICT, WITHOUT ROWID;`,
  // Stored beside the hashed text, which names it by its SHA-256.
  "ALTER TABLE entries ADD COLUMN secret_json TEXT;",
  `CREATE TABLE quota_accounts (
     wallet_id TEXT PRIMARY KEY,
     token TEXT NOT NULL,
     at_ms INTEGER NOT NULL,
     expires_at_ms INTEGER,
     account_json TEXT NOT NULL
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX quota_accounts_expiry ON quota_accounts (expires_at_ms) WHERE expires_at_ms IS NOT NULL;`,
  // Usage entries hold changes from here on: programs that take each of them for a snapshot are to refuse the file.
  "",
  // Every later entry of a log stood in both indexes with its NULLs, and each append wrote a page of each.
  `DROP INDEX entries_claim;
   CREATE UNIQUE INDEX entries_claim ON entries (wallet_id, idempotency_key) WHERE idempotency_key IS NOT NULL;
   DROP INDEX entries_approval;
   CREATE UNIQUE INDEX entries_approval ON entries (approval_of) WHERE approval_of IS NOT NULL;`,
  `CREATE TABLE session_marks (
     name TEXT PRIMARY KEY,
     session_id TEXT NOT NULL,
     expires_at_ms INTEGER NOT NULL
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX session_marks_expiry ON session_marks (expires_at_ms);`,
  `CREATE TABLE signed_in_accounts (
     account_id TEXT PRIMARY KEY,
     at_ms INTEGER NOT NULL
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX signed_in_accounts_at ON signed_in_accounts (at_ms);`,
  // Empty for workflows from before there were partitions: their logs tell.
  `ALTER TABLE projections ADD COLUMN partition TEXT NOT NULL DEFAULT '';
   CREATE INDEX projections_open_partition ON projections (partition, request_id) WHERE terminal = 0;`,
  // Leases of processes are removed once they are long over, those of partitions never.
  `ALTER TABLE leases ADD COLUMN taken_at_ms INTEGER;
   ALTER TABLE leases ADD COLUMN removable_at_ms INTEGER;
   CREATE INDEX leases_removable ON leases (removable_at_ms) WHERE removable_at_ms IS NOT NULL;`,
  // What a gate's broadcaster says of the gate, with each renewal.
  "ALTER TABLE leases ADD COLUMN standing_json TEXT;",
  // Users' calls have several partitions from here on: programs that list one for all of them are to refuse the file.
  "",
];

/** @throws Error for a file that a later version of this program wrote */
export function migrate(database: DatabaseSync): void {
  const { user_version: found } = database.prepare("PRAGMA user_version").get() as { user_version: number };
  if (found > migrations.length) throw new Error(`the evidence file is of version ${found}, newer than this program`);
  for (const [index, statements] of migrations.entries()) {
    if (index < found) continue;
    database.exec(`BEGIN IMMEDIATE; ${statements} PRAGMA user_version = ${index + 1}; COMMIT`);
  }
}
