import { type CallListener, DeadlineExceeded, deadline, type HttpPost, type Timers } from "@outlayer/kit";
import type { z } from "zod";
import { KeystoreError, type KeystoreProblem } from "../../core/problems.ts";
import { classify, type HttpAnswer } from "./classify.ts";

/** Default time limit of a call, milliseconds. */
export const callTimeoutMs = 10_000;

export interface KeystoreHttpOptions {
  /** Without a trailing slash. */
  readonly url: string;
  readonly authToken: string;
  readonly timers: Timers;
  readonly post: HttpPost;
  /** Is told the outcome of each call. */
  readonly listener: CallListener;
  /** Time limit of one call with its answer's body, milliseconds. */
  readonly timeoutMs: number;
}

/** A client of the keystore's HTTP API. */
export interface KeystoreHttp {
  /**
   * One POST, without retries. Only fields that the schema names are read, so the others (`policy` above all) are dropped.
   * @throws KeystoreError
   */
  post<T>(path: string, body: object, answer: z.ZodType<T>, signal: AbortSignal): Promise<T>;
  /** A keystore's text in a form fit to be shown: one line of at most 300 characters, with our token cut out. */
  quote(text: string): string;
}

export function keystoreHttp({ url, authToken, timers, post, listener, timeoutMs }: KeystoreHttpOptions): KeystoreHttp {
  const send = async (path: string, body: object, signal: AbortSignal): Promise<HttpAnswer> => {
    const response = await post(`${url}${path}`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${authToken}` },
      body: JSON.stringify(body),
      // A redirect must not carry the token elsewhere.
      redirect: "manual",
      signal,
    });
    const contentType = response.headers.get("content-type") ?? "";
    return { status: response.status, contentType, body: await response.text() };
  };
  const quote = (text: string) => {
    const line = text
      .replaceAll(authToken, "[token]")
      .replace(/[\s\p{Cc}]+/gu, " ")
      .trim();
    return line.length <= 300 ? line : `${line.slice(0, 299)}…`;
  };
  return {
    quote,
    async post(path, body, schema, signal) {
      const limit = deadline(timers, timeoutMs, signal);
      let answer: HttpAnswer;
      try {
        answer = await send(path, body, limit.signal);
      } catch (error) {
        signal.throwIfAborted();
        const detail = connectionDetail(error);
        listener.missed(error instanceof DeadlineExceeded ? "slow" : "away", detail);
        throw new KeystoreError({ kind: "unavailable", detail }, error);
      } finally {
        limit.done();
      }
      const classified = classify(answer);
      const problem = classified.kind === "problem" ? classified.problem : undefined;
      // The keystore is there, and may answer another call.
      if (problem?.kind === "unavailable") listener.missed("slow", problem.detail);
      else listener.heard();
      if (classified.kind === "problem") throw new KeystoreError(finished(classified.problem, path, quote));
      const parsed = schema.safeParse(classified.json);
      if (parsed.success) return parsed.data;
      const place = parsed.error.issues[0]?.path.join(".") ?? "";
      throw new KeystoreError({ kind: "wrong_keystore", detail: `${path}: its answer has another shape (${place})` });
    },
  };
}

/** Adds the path to a problem without one, and makes quoted text fit to be shown. */
function finished(problem: KeystoreProblem, path: string, quote: (text: string) => string): KeystoreProblem {
  switch (problem.kind) {
    case "unavailable":
    case "approvals":
      return problem;
    case "wrong_keystore":
      return { ...problem, detail: `${path}: ${problem.detail}` };
    case "refused":
      return {
        ...problem,
        text: quote(problem.text),
        ...(problem.body === undefined ? {} : { body: quote(problem.body) }),
      };
  }
}

/** The kind of a connection failure, without address or body. */
function connectionDetail(error: unknown): string {
  if (error instanceof DeadlineExceeded) return error.message;
  const code = codeOf(error) ?? codeOf(error instanceof Error ? error.cause : undefined);
  return typeof code === "string" ? `no connection (${code})` : "no connection";
}

function codeOf(error: unknown): unknown {
  return typeof error === "object" && error !== null && "code" in error ? error.code : undefined;
}
