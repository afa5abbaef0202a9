import type { Answer } from "./answer.ts";

/** One method of one path. */
export interface Endpoint {
  readonly method: "GET" | "POST" | "DELETE";
  /** One part may be a parameter: `:request_id` or `:account_id`. */
  readonly path: string;
  /** Whether callers must authenticate as a wallet. */
  readonly access: "wallet" | "anybody";
  /** Set if the answer is a stream that may never end. */
  readonly endless?: true;
  /** @throws Problem; anything else is answered as "internal error" */
  handle(request: RestRequest): Promise<Answer>;
}

/** The parts of a request that endpoints need. Its wallet is authenticated already, where one is required. */
export interface RestRequest {
  /** Without the query. */
  readonly path: string;
  /** The path's parameter, decoded; empty where it has none. */
  readonly id: string;
  readonly query: URLSearchParams;
  /** Passes headers of an upstream's answer on to the caller. */
  readonly passOn: (headers: Headers) => void;
  /** The headers by which the gateway vouches for the calling wallet, without the wallet's own credentials. */
  readonly credentials: Readonly<Record<string, string>>;
  /** All values of `Idempotency-Key` and `X-Idempotency-Key`. */
  readonly idempotencyKeys: readonly string[];
  readonly prefer: string | undefined;
  readonly lastEventId: string | undefined;
  /** `If-None-Match`. */
  readonly ifNoneMatch: string | undefined;
  /** Empty where there is none. */
  readonly body: string;
  /** Aborted when the client has gone. */
  readonly signal: AbortSignal;
}
