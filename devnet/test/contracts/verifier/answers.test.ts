import { deepStrictEqual, strictEqual } from "node:assert";
import { readFixture } from "../../fixtures/read-fixture.ts";
import type { MockChain, Outcome } from "../harness/mock-chain.ts";
import type { Scheduled } from "../harness/mock-env.ts";
import { VERIFIER, verifierChain } from "./verifier-world.ts";

interface Call {
  readonly name: string;
  readonly method: string;
  readonly args: unknown;
  readonly predecessor: string;
  readonly deposit: string;
  readonly promise_results?: readonly (string | null)[];
  readonly ok: boolean;
  readonly result?: unknown;
  readonly logs?: readonly string[];
  readonly panic?: string;
  readonly receipts?: readonly {
    readonly receiver_id: string;
    readonly actions: readonly { readonly method: string }[];
  }[];
}

describe("the verifier answers call by call as the published contract did", () => {
  const { calls } = readFixture<{ readonly calls: readonly Call[] }>("verifier-answers.json");
  // The transcript's second salt is given, not made.
  const chain = verifierChain({}, { deriveSalt: () => "cdcce0a8" });

  it("is the whole transcript", () => strictEqual(calls.length, 95));

  for (const [index, call] of calls.entries()) {
    it(`${index} ${call.name}: ${call.method}`, () => {
      const before = chain.snapshot(VERIFIER);
      const outcome = run(chain, call);
      strictEqual(withoutPosition(outcome.panic), withoutPosition(call.panic));
      strictEqual(outcome.ok, call.ok);
      if (!call.ok) {
        deepStrictEqual(chain.snapshot(VERIFIER), before);
        return;
      }
      deepStrictEqual(resultOf(outcome), call.result);
      deepStrictEqual(outcome.logs.map(unordered), (call.logs ?? []).map(unordered));
      deepStrictEqual(outcome.scheduled.map(shapeOf), (call.receipts ?? []).map(expectedShapeOf));
    });
  }
});

function run(chain: MockChain, call: Call): Outcome {
  const { method, args, predecessor, promise_results } = call;
  const results = promise_results?.map((text) => (text === null ? null : new Uint8Array(Buffer.from(text))));
  const spec = { receiver: VERIFIER, method, args, predecessor, deposit: BigInt(call.deposit) };
  return chain.call(results ? { ...spec, promiseResults: results } : spec);
}

function resultOf({ value }: Outcome): unknown {
  if (value === undefined) return { promise: true };
  return value.length === 0 ? null : (JSON.parse(Buffer.from(value).toString("utf8")) as unknown);
}

/** Positions in serde's messages are not significant. */
function withoutPosition(message: string | undefined): string | undefined {
  return message?.replaceAll(/ at line \d+ column \d+/g, "");
}

/** A line with the order inside `mt_transfer` data taken out: neither entries nor tokens of an entry have one. */
function unordered(line: string): unknown {
  const event = JSON.parse(line.slice("EVENT_JSON:".length)) as { event: string; data: unknown };
  if (event.event !== "mt_transfer") return line;
  const entries = event.data as { token_ids: string[]; amounts: string[] }[];
  const sorted = entries.map(({ token_ids, amounts, ...rest }) => {
    const tokens = token_ids.map((tokenId, index) => `${tokenId}=${amounts[index]}`).sort();
    return JSON.stringify({ ...rest, tokens });
  });
  return { ...event, data: sorted.sort() };
}

function shapeOf(scheduled: Scheduled): unknown {
  if (scheduled.kind === "yield") return { yield: scheduled.spec.method };
  const { receiver, actions } = scheduled.spec;
  return { receiver, methods: actions.map((action) => (action.kind === "call" ? action.method : action.kind)) };
}

function expectedShapeOf({ receiver_id, actions }: NonNullable<Call["receipts"]>[number]): unknown {
  return { receiver: receiver_id, methods: actions.map(({ method }) => method) };
}
