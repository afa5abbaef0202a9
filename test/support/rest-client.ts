/** What REST answered. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into bodies of every shape
  readonly body: any;
}

/** Calls REST as a worker with the internal token does. */
export class RestClient {
  readonly #url: () => string;
  #headers: Record<string, string>;

  constructor(url: () => string, walletId: string, internalToken: string) {
    this.#url = url;
    this.#headers = { "x-wallet-id": walletId, "x-internal-wallet-auth": internalToken };
  }

  /** Calls REST as the front end of somebody who has signed in does. @param token the session's JWT */
  static ofSession(url: () => string, token: string): RestClient {
    const client = new RestClient(url, "", "");
    client.#headers = { authorization: `Bearer ${token}` };
    return client;
  }

  async post(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    const text = typeof body === "string" ? body : JSON.stringify(body);
    return read(
      await fetch(`${this.#url()}/wallet/v1${path}`, {
        method: "POST",
        headers: { ...this.#headers, "content-type": "application/json", ...headers },
        body: text,
      }),
    );
  }

  async get(path: string, headers: Record<string, string> = {}): Promise<Answer> {
    return read(await fetch(`${this.#url()}/wallet/v1${path}`, { headers: { ...this.#headers, ...headers } }));
  }

  /** Asks to cancel, and waits for the end for so long. */
  async cancel(requestId: string, waitSeconds = 15): Promise<Answer> {
    const headers = { ...this.#headers, prefer: `wait=${waitSeconds}` };
    return read(await fetch(`${this.#url()}/wallet/v1/workflows/${requestId}`, { method: "DELETE", headers }));
  }

  /** Executes a workflow and waits for its end for as long as one POST may. */
  execute(steps: readonly unknown[], key?: string, waitSeconds = 15): Promise<Answer> {
    return this.post("/workflows/execute", workflow(steps, key), { prefer: `wait=${waitSeconds}` });
  }

  /** Executes a workflow and answers at once. @param wishes more of the body @returns its request id */
  async begin(steps: readonly unknown[], key?: string, wishes: object = {}): Promise<string> {
    const { body } = await this.post(
      "/workflows/execute",
      { ...workflow(steps, key), ...wishes },
      { prefer: "wait=0" },
    );
    return body.request_id;
  }

  async record(requestId: string): Promise<Answer["body"]> {
    return (await this.get(`/workflows/${requestId}`)).body;
  }

  /**
   * The record, once this holds for it. Asks whenever it changes.
   * @param patienceMs since the record last changed; less than the test's own timeout
   * @throws Error with the record when nothing comes of it: a test that fails must end what it started
   */
  async until(
    requestId: string,
    holds: (record: Answer["body"]) => boolean,
    patienceMs = 17_000,
  ): Promise<Answer["body"]> {
    let giveUpAt = Date.now() + patienceMs;
    let record = await this.record(requestId);
    while (!holds(record)) {
      if (Date.now() > giveUpAt) throw new Error(`waited in vain, the record is ${JSON.stringify(summary(record))}`);
      const { version } = record;
      record = (await this.get(`/workflows/${requestId}?wait=1`)).body;
      if (record.version !== version) giveUpAt = Date.now() + patienceMs;
    }
    return record;
  }

  ended(requestId: string, patienceMs?: number): Promise<Answer["body"]> {
    return this.until(requestId, (record) => record.retry_after_ms === null, patienceMs);
  }
}

function workflow(steps: readonly unknown[], key: string | undefined): object {
  return key === undefined ? { steps } : { steps, idempotency_key: key };
}

function summary(record: Answer["body"]): object {
  const { status, error_code, user_visible_error, queue, submit_tx_hashes, intent_ids, version } = record;
  const { resume_tx_hashes, cancel_tx_hashes } = record;
  const { step_outcomes, dispatch_block_heights } = record;
  return {
    status,
    error_code,
    user_visible_error,
    queue,
    submit_tx_hashes,
    intent_ids,
    resume_tx_hashes,
    cancel_tx_hashes,
    version,
    step_outcomes,
    dispatch_block_heights,
  };
}

async function read(response: Response): Promise<Answer> {
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === "" ? undefined : JSON.parse(text) };
}
