import { setTimeout as pause } from "node:timers/promises";

export interface ListedTimes {
  readonly workflows: number;
  /** Medians of the first page, of the last one, and of a whole listing; milliseconds. */
  readonly firstMs: number;
  readonly lastMs: number;
  readonly wholeMs: number;
}

interface Page {
  readonly workflows?: readonly { readonly requestId: string; readonly version: string }[];
  readonly nextPageToken?: string;
}

/** As the broadcaster asks. */
const pageSize = 500;
const pages = 30;
const wholes = 5;
/** Time in which no log may grow, but for those of the few workflows whose turn has come; milliseconds. */
const quietMs = 3000;
/** Entries that may be written meanwhile. */
const quietEntries = 60;

/** Lists open workflows as the broadcaster does, through evidence's port. */
export class OpenList {
  readonly #url: string;
  readonly #token: string;

  constructor(evidenceUrl: string, token: string) {
    this.#url = `${evidenceUrl}/outlayer.evidence.v1.LogService/ListOpenWorkflows`;
    this.#token = token;
  }

  /** Resolves once the logs of open workflows have stopped growing. @throws Error where they go on for so long */
  async settled(patienceMs: number): Promise<void> {
    const giveUpAt = performance.now() + patienceMs;
    let before = await this.#entries();
    for (;;) {
      await pause(quietMs);
      const now = await this.#entries();
      if (now - before <= quietEntries) return;
      if (performance.now() > giveUpAt) throw new Error(`logs still grow, by ${now - before} entries in ${quietMs} ms`);
      before = now;
    }
  }

  async times(): Promise<ListedTimes> {
    const whole = await this.#whole();
    const lastToken = whole.tokens.at(-1) ?? "";
    return {
      workflows: whole.workflows,
      firstMs: await medianMs(pages, () => this.#page("")),
      lastMs: await medianMs(pages, () => this.#page(lastToken)),
      wholeMs: await medianMs(wholes, () => this.#whole()),
    };
  }

  async #entries(): Promise<number> {
    return (await this.#whole()).entries;
  }

  /** All pages. `tokens` are those of whole pages. */
  async #whole() {
    const tokens: string[] = [];
    let [workflows, entries, token] = [0, 0, ""];
    for (;;) {
      const page = await this.#page(token);
      const found = page.workflows ?? [];
      if (found.length === pageSize) tokens.push(token);
      workflows += found.length;
      entries = found.reduce((sum, { version }) => sum + Number(version), entries);
      token = page.nextPageToken ?? "";
      if (token === "") return { workflows, entries, tokens };
    }
  }

  async #page(pageToken: string): Promise<Page> {
    const headers = {
      "content-type": "application/json",
      "x-service-name": "broadcaster",
      "x-service-token": this.#token,
    };
    const response = await fetch(this.#url, { method: "POST", headers, body: JSON.stringify({ pageToken, pageSize }) });
    if (!response.ok) throw new Error(`listing: HTTP ${response.status}: ${await response.text()}`);
    return (await response.json()) as Page;
  }
}

async function medianMs(times: number, run: () => Promise<unknown>): Promise<number> {
  const took: number[] = [];
  for (let time = 0; time < times; time += 1) {
    const begun = performance.now();
    await run();
    took.push(performance.now() - begun);
  }
  return took.sort((a, b) => a - b)[Math.floor(times / 2)] ?? Number.NaN;
}
