import type { JsonObject } from "@bufbuild/protobuf";
import { DeadlineExceeded, deadline, type HttpPost, type PostAnswer, readPieces, type Timers } from "@outlayer/kit";
import { InvalidRequest, readJsonObject } from "@outlayer/workflow";
import { QuoteFailed } from "../../core/quotes.ts";

/** Time limit of a question with its answer, milliseconds. The message bus waits 3 s for its solvers. */
const patienceMs = 6_000;

/** Most bytes of an answer, after decoding. */
const mostBytes = 65_536;

export interface Upstream {
  readonly url: string;
  /** The header with the operator's token; none without one. */
  readonly authorization: Readonly<Record<string, string>>;
  /** Cut out of what is logged. */
  readonly token: string | undefined;
  readonly post: HttpPost;
  readonly timers: Timers;
}

/**
 * Posts a question, and reads the answer as strictly as a caller's body.
 * @throws QuoteFailed, whose message names neither address nor token; the caller's reason once the caller has gone
 */
export async function askJson(
  { url, authorization, token, post, timers }: Upstream,
  question: JsonObject,
  callerSignal: AbortSignal,
): Promise<JsonObject> {
  const { signal, done } = deadline(timers, patienceMs, callerSignal);
  let answer: { readonly status: number; readonly body: string };
  try {
    const given = await post(url, {
      method: "POST",
      headers: { "content-type": "application/json", accept: "application/json", ...authorization },
      body: JSON.stringify(question),
      // A redirect must not carry the token elsewhere.
      redirect: "manual",
      signal,
    });
    answer = { status: given.status, body: await bounded(given) };
  } catch (error) {
    callerSignal.throwIfAborted();
    if (error instanceof QuoteFailed) throw error;
    if (error instanceof DeadlineExceeded) throw new QuoteFailed("did not answer in time");
    throw new QuoteFailed("cannot be reached now", codeOf(error));
  } finally {
    done();
  }
  if (answer.status < 200 || answer.status > 299) {
    throw new QuoteFailed(refusalOf(answer.status), `HTTP ${answer.status}: ${oneLine(answer.body, token)}`);
  }
  try {
    return readJsonObject(answer.body);
  } catch (error) {
    if (error instanceof InvalidRequest) throw new QuoteFailed("answered no JSON that can be read", error.message);
    throw error;
  }
}

async function bounded(answer: PostAnswer): Promise<string> {
  if (answer.body === null) return "";
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  await readPieces(answer.body, (piece) => {
    bytes += piece.length;
    if (bytes > mostBytes) throw new QuoteFailed(`answered with more than ${mostBytes} bytes`);
    pieces.push(piece);
  });
  return Buffer.concat(pieces).toString();
}

function refusalOf(status: number): string {
  switch (status) {
    case 400:
    case 422:
      return "does not quote these tokens and amounts";
    case 401:
    case 403:
      return "does not accept the operator's token";
    case 429:
      return "was asked too often";
    default:
      return `answered HTTP ${status}`;
  }
}

/** One line of at most 200 characters. */
function oneLine(text: string, token: string | undefined): string {
  const without = token === undefined ? text : text.replaceAll(token, "[token]");
  return without.slice(0, 200).replace(/[\s\p{Cc}]+/gu, " ");
}

function codeOf(error: unknown): string | undefined {
  const code = typeof error === "object" && error !== null && "code" in error ? error.code : undefined;
  return typeof code === "string" ? code : undefined;
}
