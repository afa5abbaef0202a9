import { type QuoteServer, startMessageBus, startOneClick } from "../../../../test/support/quote-servers.ts";
import { asWallet, type Others, startPlanner } from "./server.ts";

export const token = "token-of-the-operator-0123456789";
export const finalTimeMs = Date.UTC(2029, 0, 1);
export const at = (ms: number) => new Date(ms).toISOString();
export const swap = { token_in: "wrap.near", token_out: "nep141:usdc.near", amount_in: "1000" };

/** For a suite's body: planners with 1Click and a message bus to ask, which answer well unless a test has them answer otherwise. */
export class Quoting {
  #oneClick: QuoteServer | undefined;
  #bus: QuoteServer | undefined;

  constructor() {
    before(async () => {
      [this.#oneClick, this.#bus] = await Promise.all([startOneClick(), startMessageBus()]);
    });
    afterEach(() => {
      this.oneClick.answer(undefined);
      this.bus.answer(undefined);
    });
    after(() => Promise.all([this.oneClick.close(), this.bus.close()]));
  }

  get oneClick(): QuoteServer {
    return started(this.#oneClick);
  }

  get bus(): QuoteServer {
    return started(this.#bus);
  }

  planner(others: Others = {}) {
    return startPlanner({
      getPayloadFacts: () => ({ feePips: 1, finalTimeMs: BigInt(finalTimeMs) }),
      quoteSources: { ...this.onlyOneClick().quoteSources, ...this.onlyBus().quoteSources },
      ...others,
    });
  }

  async ask(body: object = swap, others: Others = {}) {
    const { client } = this.planner(others);
    return client.getQuotes({ body: { case: "quoteJson", value: JSON.stringify(body) } }, asWallet);
  }

  onlyOneClick() {
    return { quoteSources: { oneClick: { url: this.oneClick.url, token } } };
  }

  onlyBus() {
    return { quoteSources: { messageBus: { url: this.bus.url, token } } };
  }
}

function started(server: QuoteServer | undefined): QuoteServer {
  if (server === undefined) throw new Error("the sources of quotes run from the suite's start on");
  return server;
}
