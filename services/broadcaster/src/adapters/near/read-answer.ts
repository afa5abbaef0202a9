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
export async function readAnswer(response: Response, bounds: AnswerBounds): Promise<string> {
  const { maxBytes, cutStringsAt, keptBytes = maxBytes } = bounds;
  const cutter = cutStringsAt === undefined ? undefined : new StringCutter(cutStringsAt);
  const kept: Uint8Array[] = [];
  let read = 0;
  let left = keptBytes;
  const take = (bytes: Uint8Array) => {
    read += bytes.length;
    const rest = cutter?.cut(bytes) ?? bytes;
    left -= rest.length;
    if (read > maxBytes || left < 0) throw new AnswerTooLong(`an answer of more than ${maxBytes} bytes`);
    kept.push(rest);
  };
  // A response without a stream holds its whole text already.
  if (response.body === null) take(Buffer.from(await response.text()));
  else await drain(response.body, take, () => read > longBytes && bounds.ofStrangers === true);
  return Buffer.concat(kept).toString();
}

async function drain(
  body: ReadableStream<Uint8Array>,
  take: (bytes: Uint8Array) => void,
  isLong: () => boolean,
): Promise<void> {
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      take(value);
    }
  } catch (error) {
    // Without this the connection would go on reading the rest.
    await reader.cancel().catch(() => {});
    throw isLong() ? new AnswerTooLong("an answer that was too long for its time") : error;
  }
}
