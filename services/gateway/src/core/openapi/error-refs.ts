import type { ResponseName } from "./responses.ts";
import { type Named, type Response, responseRef } from "./types.ts";

/** The status of each shared response. */
const statusOf = {
  BadRequest: "400",
  BadWait: "400",
  Unauthorized: "401",
  SignInRefused: "401",
  Forbidden: "403",
  NotASession: "403",
  NotFound: "404",
  SignInOff: "404",
  RequestTimeout: "408",
  ContentTooLarge: "413",
  SmallContentTooLarge: "413",
  UnsupportedMediaType: "415",
  QuotaExceeded: "429",
  HeadersTooLarge: "431",
  InternalError: "500",
  Unavailable: "503",
} as const satisfies { readonly [N in ResponseName]: string };

/** References to shared responses, by status. */
export function errors(names: readonly ResponseName[]): Named<Response | { readonly $ref: string }> {
  return Object.fromEntries(names.map((name) => [statusOf[name], responseRef(name)]));
}
