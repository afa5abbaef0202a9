import assert from "node:assert/strict";
import { columns, table } from "../embedded/src/table.ts";

describe("a table of a command", () => {
  it("makes each column as wide as its longest cell, and ends no line with spaces", () => {
    const rows = [
      ["attack", "rounds", "answers"],
      ["streams", "12", ""],
      ["", "1234567", "429: 3"],
    ];
    assert.deepEqual(columns(rows), ["attack   rounds   answers", "streams  12", "         1234567  429: 3"]);
    assert.deepEqual(columns([]), []);
  });

  it("puts a rule between its head and its rows, also where there are none", () => {
    assert.equal(
      table(["check", "ok"], [["gate_fee", "FAILS"]]),
      "  check     ok\n  ────────  ─────\n  gate_fee  FAILS",
    );
    assert.equal(table(["check"], []), "  check\n  ─────");
  });
});
