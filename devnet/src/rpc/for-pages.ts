import { type HttpHandler, textAnswer } from "../control/http-server.ts";

/**
 * Lets pages of every origin read the answers, as nearcore does by default. A page gets no power by it: whatever changes the chain is
 * signed. Control and keystore, which have power, are not open to pages.
 */
export function forPages(rpc: HttpHandler): HttpHandler {
  return async (request) => {
    const isAsked = request.method === "OPTIONS" && request.headers["access-control-request-method"] !== undefined;
    const answer = isAsked ? textAnswer(200, "") : await rpc(request);
    if (answer === "reset" || request.headers.origin === undefined) return answer;
    return { ...answer, headers: { ...answer.headers, ...(isAsked ? preflight : {}), ...open } };
  };
}

const open = { "access-control-allow-origin": "*" };
const preflight = {
  "access-control-allow-methods": "GET, POST",
  "access-control-allow-headers": "authorization, accept, content-type",
  "access-control-max-age": "3600",
};
