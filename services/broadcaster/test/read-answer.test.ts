import assert from "node:assert/strict";
import { type AnswerBounds, boundsOf } from "../src/adapters/near/answer-bounds.ts";
import { AnswerTooLong, readAnswer } from "../src/adapters/near/read-answer.ts";
import { cutMark, StringCutter } from "../src/adapters/near/string-cutter.ts";
import { isShallow } from "../src/core/chain/json.ts";

/** A body of so many pieces. */
function answerOf(pieces: Iterable<Uint8Array>): { response: Response; given: () => number } {
  const left = pieces[Symbol.iterator]();
  let given = 0;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      const next = left.next();
      if (next.done) return controller.close();
      given += next.value.length;
      controller.enqueue(next.value);
    },
  });
  return { response: new Response(body), given: () => given };
}

function* endless(): Generator<Uint8Array> {
  for (;;) yield new Uint8Array(1000).fill(0x20);
}

describe("the answer of an RPC endpoint", () => {
  it("is not read on once it is too long, however long it goes on", async () => {
    const { response, given } = answerOf(endless());
    await assert.rejects(readAnswer(response, { maxBytes: 10_000 }), AnswerTooLong);
    assert.ok(given() <= 13_000, `${given()} bytes`);
  });

  it("is not kept once what is left without its long strings is too much", async () => {
    const { response } = answerOf(endless());
    const bounds: AnswerBounds = { maxBytes: 1_000_000, cutStringsAt: 10, keptBytes: 5000 };
    await assert.rejects(readAnswer(response, bounds), AnswerTooLong);
  });

  it("of a transaction is bounded though its target returned 4 MiB and more", async () => {
    const text = JSON.stringify({ status: { SuccessValue: "A".repeat(20 * 1024 * 1024) }, logs: ["x".repeat(60_000)] });
    const { response } = answerOf([Buffer.from(text)]);
    const read = await readAnswer(response, boundsOf("EXPERIMENTAL_tx_status"));
    assert.ok(read.length < 130_000);
    const { status, logs } = JSON.parse(read);
    assert.equal(logs[0].length, 60_000);
    assert.ok(status.SuccessValue.endsWith(cutMark));
  });
});

describe("strings that are cut while they arrive", () => {
  const texts = [
    '{"short":"abc","long":"0123456789abcdef","n":1}',
    '["\\"\\"\\"\\"\\"\\"\\"\\"\\"\\"\\"\\"","\\u00e9\\u00e9\\u00e9\\u00e9\\u00e9\\u00e9\\u00e9\\u00e9\\u00e9\\u00e9"]',
    '["ééééééééééééé","😀😀😀😀😀😀😀😀😀","\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\"]',
    '["","12345678","123456789"]',
  ];
  for (const text of texts) {
    it(`leave ${text} readable, in whatever pieces it comes`, () => {
      const short = (value: unknown): unknown =>
        JSON.parse(JSON.stringify(value), (_key, item) => {
          if (typeof item !== "string") return item;
          const characters = [...item];
          return characters.length <= 8 ? item : `${characters.slice(0, 8).join("")}${cutMark}`;
        });
      const bytes = Buffer.from(text);
      for (let size = 1; size <= bytes.length; size += 1) {
        const cutter = new StringCutter(8);
        const out: Uint8Array[] = [];
        for (let at = 0; at < bytes.length; at += size) out.push(cutter.cut(bytes.subarray(at, at + size)));
        assert.deepEqual(JSON.parse(Buffer.concat(out).toString()), short(JSON.parse(text)), `pieces of ${size}`);
      }
    });
  }
});

describe("a JSON text", () => {
  it("is shallow to 64 levels, brackets in strings not counted", () => {
    assert.ok(isShallow("[".repeat(64) + "]".repeat(64)));
    assert.ok(!isShallow("[".repeat(65) + "]".repeat(65)));
    assert.ok(isShallow(JSON.stringify({ a: "[{".repeat(200), b: '"[[["' })));
  });
});
