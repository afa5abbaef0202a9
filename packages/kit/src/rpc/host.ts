import type { BindAddress } from "../config.ts";
import { isLoopback } from "../config.ts";
import type { NodeListener, NodeRequest } from "./bounded-requests.ts";

/** With any port, and with none. */
const ownNames = /^(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?$/i;

/**
 * Whether a request was meant for this listener. One on loopback is reached under loopback's own names alone: a page whose
 * name was made to resolve to 127.0.0.1 (DNS rebinding) is of the same origin for the browser, and comes under its own.
 */
export function isForHost(bind: BindAddress, host: string | undefined): boolean {
  return !isLoopback(bind) || ownNames.test(host ?? "");
}

/** Answers 421 to what was meant for another host, before anything else is looked at. */
export function onlyOwnHost(bind: BindAddress, listener: NodeListener): NodeListener {
  return (request, response) => {
    if (isForHost(bind, hostOf(request))) listener(request, response);
    else {
      response.statusCode = 421;
      response.setHeader("content-type", "text/plain; charset=utf-8");
      response.end("this is another host\n");
    }
  };
}

function hostOf(request: NodeRequest): string | undefined {
  return "authority" in request ? request.authority || request.headers.host : request.headers.host;
}
