import type { Answer } from "./answer.ts";

/** One method of one path. */
export interface Endpoint {
  readonly method: "GET" | "POST" | "DELETE";
  /** `:request_id` stands for a part of the path. */
  readonly path: string;
  /** Who may call: a wallet that proves itself, or anybody. */
  readonly access: "wallet" | "anybody";
  /** Its answer is a stream that may never end. */
  readonly endless?: true;
  /** @throws Problem; anything else is answered as "internal error" */
  handle(request: RestRequest): Promise<Answer>;
}

/** A request as far as endpoints need it. By then the wallet has proven itself, where it must. */
export interface RestRequest {
  /** Without the query. */
  readonly path: string;
  /** The path's `:request_id`, decoded; empty where it has none. */
  readonly id: string;
  readonly query: URLSearchParams;
  /** Hears of headers of an upstream's answer that are for the caller as well. */
  readonly passOn: (headers: Headers) => void;
  /** The headers by which the gateway vouches for the wallet that calls: none of what it proved itself with. */
  readonly credentials: Headers;
  /** Of `Idempotency-Key` and `X-Idempotency-Key`, every value that was sent. */
  readonly idempotencyKeys: readonly string[];
  readonly prefer: string | undefined;
  readonly lastEventId: string | undefined;
  /** Empty where there is none. */
  readonly body: string;
  /** Aborted when the client has gone. */
  readonly signal: AbortSignal;
}
