import type { BindAddress } from "../config.ts";
import { isLoopback } from "../config.ts";
import type { NodeListener, NodeRequest } from "./bounded-requests.ts";

/** Names of loopback, with or without a port. */
const ownNames = /^(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?$/i;

/**
 * Whether a request was meant for this listener. One on loopback is reached under loopback's own names alone: a page whose
 * name was made to resolve to 127.0.0.1 (DNS rebinding) has the same origin for the browser, and sends its own name.
 */
export function isForHost(bind: BindAddress, host: string | undefined): boolean {
  return !isLoopback(bind) || ownNames.test(host ?? "");
}

/**
 * Answers 421 to a request for another host, and 400 to one without a valid host, before anything else is looked at: Connect
 * makes a URL of the host, and would throw where nothing catches.
 * @param bind undefined for a listener under any name
 */
export function onlyOwnHost(bind: BindAddress | undefined, listener: NodeListener): NodeListener {
  return (request, response) => {
    const host = hostOf(request);
    const refuse = (status: number, text: string) => {
      response.statusCode = status;
      response.setHeader("content-type", "text/plain; charset=utf-8");
      response.end(text);
    };
    if (bind !== undefined && !isForHost(bind, host)) refuse(421, "this is another host\n");
    else if (!URL.canParse(request.url ?? "", `http://${host ?? ""}`)) refuse(400, "this is no host\n");
    else listener(request, response);
  };
}

function hostOf(request: NodeRequest): string | undefined {
  return "authority" in request ? request.authority || request.headers.host : request.headers.host;
}
