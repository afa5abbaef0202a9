import assert from "node:assert/strict";
import { databaseUrl } from "../src/config.ts";

describe("DATABASE_URL", () => {
  const mongodb = (url: string, database: string) => ({ kind: "mongodb", url, database });
  const cases: readonly [string, object][] = [
    ["sqlite:/var/lib/evidence.sqlite", { kind: "sqlite", path: "/var/lib/evidence.sqlite" }],
    ["mongodb://db.test/wallet", mongodb("mongodb://db.test/wallet", "wallet")],
    ["mongodb://db.test", mongodb("mongodb://db.test", "evidence")],
    ["mongodb://db.test/?replicaSet=rs0", mongodb("mongodb://db.test/?replicaSet=rs0", "evidence")],
    [
      "mongodb://u:p%40@a.test:1,b.test:2/x%2Dy?tls=true",
      mongodb("mongodb://u:p%40@a.test:1,b.test:2/x%2Dy?tls=true", "x-y"),
    ],
    ["mongodb+srv://u:p@db.test/wallet", mongodb("mongodb+srv://u:p@db.test/wallet", "wallet")],
  ];
  for (const [url, expected] of cases) {
    it(`takes ${url}`, () => assert.deepEqual(databaseUrl(url), expected));
  }

  for (const wrong of [
    "sqlite:",
    "postgres://db.test/x",
    "mongodb://",
    "mongodb://db.test:port/x",
    "mongodb://u:s3cret@db.test/?w=",
    "mongodb://u:s3cret@db.test/?readPreference=secondary&maxStalenessSeconds=100",
    "db.test",
  ]) {
    it(`refuses ${wrong}, without quoting it`, () => {
      assert.throws(() => databaseUrl(wrong), /^Malformed: must be sqlite:<file> or mongodb:\/\/<hosts>\/<database>$/);
    });
  }
});
