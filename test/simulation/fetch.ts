import type { Network } from "./network.ts";
import type { SimProcess } from "./process.ts";

export interface FetchLine {
  readonly network: Network;
  readonly from: SimProcess;
  /** Does the call, once it has arrived. */
  readonly answer: (url: string, init: RequestInit) => Promise<Response>;
  /** Names a call in the trace. */
  readonly label: (url: string, body: string) => string;
}

/** `fetch` of a process, over the network. Breaks as Node's own does. */
export function fetchOverNetwork({ network, from, answer, label }: FetchLine): typeof fetch {
  return (input, init = {}) => {
    const url = String(input);
    const { signal, ...sent } = init;
    const answered = network.call({
      from,
      label: label(url, String(init.body ?? "")),
      work: () => answer(url, sent),
      broken: () => new TypeError("fetch failed", { cause: Object.assign(new Error("reset"), { code: "ECONNRESET" }) }),
      hasLimit: signal !== undefined && signal !== null,
    });
    return new Promise((resolve, reject) => {
      const abort = () => reject(signal?.reason);
      if (signal?.aborted) abort();
      signal?.addEventListener("abort", abort, { once: true });
      answered.then(resolve, reject);
    });
  };
}
