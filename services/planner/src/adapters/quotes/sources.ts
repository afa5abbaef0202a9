import type { HttpPost, Timers } from "@outlayer/kit";
import type { QuoteSourcesConfig, QuoteUpstream } from "../../config.ts";
import type { AskQuotes } from "../../core/ports.ts";
import { QuoteFailed, type QuoteSourceName } from "../../core/quotes.ts";
import type { Upstream } from "./ask-json.ts";
import { askMessageBus } from "./message-bus.ts";
import { askOneClick } from "./one-click.ts";

/** Most questions to a source at once. Those beyond are not asked, for they would come too late. */
const mostAtOnce = 64;

function bounded(ask: AskQuotes): AskQuotes {
  let asking = 0;
  return async (swap, signal) => {
    if (asking >= mostAtOnce) throw new QuoteFailed("is asked by too many now: try again");
    asking++;
    try {
      return await ask(swap, signal);
    } finally {
      asking--;
    }
  };
}

/** The sources that the operator has configured. @param oneClickKey the key with which 1Click signs */
export function quoteSources(
  { oneClick, messageBus }: QuoteSourcesConfig,
  oneClickKey: string,
  shared: { readonly post: HttpPost; readonly timers: Timers },
): ReadonlyMap<QuoteSourceName, AskQuotes> {
  const sources = new Map<QuoteSourceName, AskQuotes>();
  const upstream = ({ url, token }: QuoteUpstream, header: (token: string) => Upstream["authorization"]): Upstream => {
    return { url, token, authorization: token === undefined ? {} : header(token), ...shared };
  };
  if (oneClick !== undefined) {
    const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
    sources.set("one_click", bounded(askOneClick(upstream(oneClick, bearer), oneClickKey)));
  }
  if (messageBus !== undefined) {
    const apiKey = (token: string) => ({ "x-api-key": token });
    sources.set("message_bus", bounded(askMessageBus(upstream(messageBus, apiKey))));
  }
  return sources;
}
