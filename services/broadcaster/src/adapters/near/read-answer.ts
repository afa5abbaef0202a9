import { type PostAnswer, readPieces } from "@outlayer/kit";
import type { AnswerBounds } from "./answer-bounds.ts";
import { StringCutter } from "./string-cutter.ts";

/** Bytes after which an answer that does not end in time counts as too long instead of late. */
const longBytes = 1024 * 1024;

/** The answer is longer than its bound. */
export class AnswerTooLong extends Error {
  override readonly name = "AnswerTooLong";
}

/**
 * Reads a body as text, up to the bounds.
 * @throws AnswerTooLong; whatever the stream throws
 */
export async function readAnswer(response: PostAnswer, bounds: AnswerBounds): Promise<string> {
  const { maxBytes, cutStringsAt, keptBytes = maxBytes } = bounds;
  let cutter: StringCutter | undefined;
  let kept: Uint8Array[] = [];
  let read = 0;
  let left = keptBytes;
  const keep = (bytes: Uint8Array) => {
    const rest = cutter?.cut(bytes) ?? bytes;
    left -= rest.length;
    if (read > maxBytes || left < 0) throw new AnswerTooLong(`an answer of more than ${maxBytes} bytes`);
    kept.push(rest);
  };
  const take = (bytes: Uint8Array) => {
    read += bytes.length;
    // Most answers are shorter than the longest string that is kept: nothing in them can be cut.
    if (cutter === undefined && cutStringsAt !== undefined && read > cutStringsAt) {
      cutter = new StringCutter(cutStringsAt);
      const whole = kept;
      [kept, left] = [[], keptBytes];
      whole.forEach(keep);
    }
    keep(bytes);
  };
  // A response without a stream holds its whole text already.
  if (response.body === null) take(Buffer.from(await response.text()));
  else
    await readPieces(response.body, take).catch((error) => {
      const isLong = read > longBytes && bounds.ofStrangers === true;
      throw isLong ? new AnswerTooLong("an answer that was too long for its time") : error;
    });
  return Buffer.concat(kept).toString();
}
