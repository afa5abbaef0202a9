import assert from "node:assert/strict";
import { type Found, free, type Obstacle, type Standing, standingAfter } from "../../src/core/gate/standing.ts";

const short: Obstacle = { code: "balance_low", holdsAll: false };
const rotated: Obstacle = { code: "approver_rotated", holdsAll: true };
const tail: Obstacle = { code: "gate_stuck", holdsAll: true };

/** `[head, by, obstacle]` */
type Finding = readonly [number, Found["by"], Obstacle?];

/** The standing after each finding, in short. */
function follow(findings: readonly Finding[]): readonly string[] {
  let standing: Standing = free;
  return findings.map(([head, by, obstacle]) => {
    standing = standingAfter(standing, { by, obstacle }, head);
    return standing.kind === "free" ? "free" : `${standing.kind}: ${standing.code}`;
  });
}

describe("a gate's standing", () => {
  const cases: readonly (readonly [string, readonly Finding[], readonly string[]])[] = [
    [
      "is free while nothing stands in the way",
      [
        [1, "admission"],
        [9, "look"],
      ],
      ["free", "free"],
    ],
    [
      "is stuck at once by what fails every workflow, whoever finds it",
      [[1, "admission", rotated]],
      ["stuck: approver_rotated"],
    ],
    ["is stuck at once by a tail that has not moved", [[1, "look", tail]], ["stuck: gate_stuck"]],
    [
      "is stuck by what may pass once that has lasted for 30 blocks",
      [
        [10, "admission", short],
        [39, "admission", short],
        [40, "look", short],
      ],
      ["hampered: balance_low", "hampered: balance_low", "stuck: balance_low"],
    ],
    [
      "counts the blocks anew after something got past",
      [
        [10, "admission", short],
        [38, "admission"],
        [39, "admission", short],
        [60, "look", short],
        [69, "look", short],
      ],
      ["hampered: balance_low", "free", "hampered: balance_low", "hampered: balance_low", "stuck: balance_low"],
    ],
    [
      "is stuck until looks have found nothing for ten blocks, and counts these anew too",
      [
        [1, "look", tail],
        [10, "look"],
        [19, "look"],
        [19, "look", short],
        [25, "look"],
        [34, "look"],
        [35, "look"],
      ],
      [
        ...["stuck: gate_stuck", "stuck: gate_stuck", "stuck: gate_stuck", "stuck: balance_low"],
        ...["stuck: balance_low", "stuck: balance_low", "free"],
      ],
    ],
    [
      "stays stuck where a workflow gets past that needs no tail",
      [
        [1, "look", tail],
        [2, "admission"],
        [50, "admission"],
      ],
      ["stuck: gate_stuck", "stuck: gate_stuck", "stuck: gate_stuck"],
    ],
  ];
  for (const [title, findings, expected] of cases) {
    it(title, () => assert.deepEqual(follow(findings), expected));
  }
});
