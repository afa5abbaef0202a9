import { exceededQuotaOf } from "@outlayer/access";
import { Refusal } from "@outlayer/kit";
import { problemStatusOf } from "../adapters/upstream-problem.ts";
import { internalError, Problem } from "../core/problem.ts";

/** Problems for the HTTP library's own refusals, by status. */
const sentences: ReadonlyMap<number, (bodyBytes: number) => Problem> = new Map([
  [400, () => new Problem(400, "the request is not valid HTTP: its body is not as long as its headers say")],
  [413, (bodyBytes: number) => new Problem(413, `the body must be at most ${bodyBytes} bytes`)],
  [415, () => unsupportedMediaType()],
]);

/** The problem for any thrown error. An unforeseen one is an internal error. @param bodyBytes the limit of the request's body */
export function problemOfError(error: unknown, bodyBytes: number): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof Refusal) {
    const exceeded = exceededQuotaOf(error);
    if (exceeded !== undefined) return new Problem(429, error.message, { exceeded });
    const status = problemStatusOf.get(error.code);
    return status === undefined ? internalError(error) : new Problem(status, error.message);
  }
  if (!(error instanceof Error)) return internalError(error);
  if ("code" in error && error.code === "FST_ERR_BAD_URL") return new Problem(400, "the path is not validly encoded");
  const status = "statusCode" in error ? Number(error.statusCode) : Number.NaN;
  return sentences.get(status)?.(bodyBytes) ?? internalError(error);
}

export function unsupportedMediaType(): Problem {
  return new Problem(415, "the body must be application/json in UTF-8, without a content encoding");
}
