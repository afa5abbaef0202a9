import { type IncomingMessage, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { pipeline, Readable } from "node:stream";
import { createBrotliDecompress, createGunzip, createInflate } from "node:zlib";

export interface Post {
  readonly method: "POST";
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Ends the call and the reading of its answer, with the signal's reason. */
  readonly signal: AbortSignal;
  /** With `manual` a redirect is the answer; it is followed where this is absent. */
  readonly redirect?: "manual";
}

/** What is read of an answer. `fetch` answers with more, so it fits everywhere that `httpPost` does. */
export interface PostAnswer {
  readonly status: number;
  /** Whether the status is 2xx. */
  readonly ok: boolean;
  readonly headers: { get(name: string): string | null };
  /** To be read to its end, or given up: the connection is busy until then. Null where the text is at hand. */
  readonly body: AsyncIterable<Uint8Array> | null;
  text(): Promise<string>;
}

/**
 * Reads a body to its end, and gives it up where `take` throws.
 * @throws what `take` throws; the connection's error, or the signal's reason
 */
export async function readPieces(
  body: NonNullable<PostAnswer["body"]>,
  take: (piece: Uint8Array) => void,
): Promise<void> {
  if (body instanceof Readable) return readStream(body, take);
  for await (const piece of body) take(piece);
}

/** An iterator over a stream of Node costs more than the rest of a short answer. */
function readStream(body: Readable, take: (piece: Uint8Array) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const brokenOff = () => reject(body.errored ?? new Error("the answer broke off"));
    if (body.destroyed) return brokenOff();
    body.on("data", (piece: Uint8Array) => {
      try {
        take(piece);
      } catch (error) {
        reject(error);
        body.destroy();
      }
    });
    body.on("end", resolve);
    body.on("error", reject);
    // Comes after the end as well: an error would be made for each answer, and for nobody.
    body.on("close", () => {
      if (!body.readableEnded) brokenOff();
    });
  });
}

export type HttpPost = (url: string, post: Post) => Promise<PostAnswer>;

/**
 * Posts to an upstream over a connection that is kept. It does what `fetch` does, for a third of its processor time: there is no
 * `Request`, no `Response` and no web stream. What has to be followed is left to `fetch`. No compression is asked for; what is
 * compressed all the same is read here, since it must not be posted twice.
 */
export const httpPost: HttpPost = async (url, post) => {
  const answer = await send(url, post);
  const isElsewhere = answer.headers.get("location") !== null && answer.status >= 300 && answer.status < 400;
  if (!isElsewhere || post.redirect === "manual") return answer;
  answer.giveUp();
  return fetch(url, post);
};

const usualHeaders = { accept: "*/*", "accept-encoding": "identity", "user-agent": "node" };

function send(url: string, { method, headers, body, signal }: Post): Promise<Answer> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) throw signal.reason;
    const request = url.startsWith("https:") ? requestHttps : requestHttp;
    let answer: IncomingMessage | undefined;
    const sent = request(url, { method, headers: { ...usualHeaders, ...headers } }, (incoming) => {
      answer = incoming;
      // Whoever reads the answer meets the error; after the end nobody does.
      incoming.on("error", () => {});
      try {
        resolve(new Answer(incoming, decoded(incoming)));
      } catch (error) {
        incoming.destroy();
        reject(error);
      }
    });
    const abort = () => (answer ?? sent).destroy(signal.reason);
    signal.addEventListener("abort", abort);
    sent.on("error", reject);
    sent.on("close", () => signal.removeEventListener("abort", abort));
    sent.end(body);
  });
}

const decoders = new Map([
  ["gzip", createGunzip],
  ["x-gzip", createGunzip],
  ["deflate", createInflate],
  ["br", createBrotliDecompress],
]);

/** @throws Error for a coding that cannot be read */
function decoded(incoming: IncomingMessage): Readable {
  const coding = incoming.headers["content-encoding"]?.toLowerCase() ?? "identity";
  if (coding === "identity") return incoming;
  const decoder = decoders.get(coding)?.();
  if (decoder === undefined) throw new Error("an answer in a content coding that was not asked for");
  // Whoever reads the answer meets the error.
  return pipeline(incoming, decoder, () => {}).on("error", () => {});
}

class Answer implements PostAnswer {
  readonly body: Readable;
  readonly #head: IncomingMessage;

  /** @param body decoded */
  constructor(head: IncomingMessage, body: Readable) {
    this.#head = head;
    this.body = body;
  }

  readonly headers = {
    get: (name: string): string | null => {
      const value = this.#head.headers[name.toLowerCase()];
      return (Array.isArray(value) ? value.join(", ") : value) ?? null;
    },
  };

  get status(): number {
    return this.#head.statusCode ?? 0;
  }

  get ok(): boolean {
    return this.status >= 200 && this.status < 300;
  }

  async text(): Promise<string> {
    const pieces: Uint8Array[] = [];
    await readPieces(this.body, (piece) => pieces.push(piece));
    return new TextDecoder().decode(Buffer.concat(pieces));
  }

  giveUp(): void {
    this.body.destroy();
  }
}
