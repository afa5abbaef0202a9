/** The wallet coordinator's REST API, as far as this page needs it. */

/** Before something is tried again, milliseconds: the least, and the most where the coordinator says when. */
const pauseMs = 2_000;
const mostPauseMs = 10_000;
const mostTries = 5;

const lookAgain = "look again before you sign anything anew";

/** What the coordinator refuses, with its text for people. */
export class Refused extends Error {
  /**
   * @param {number} status of HTTP
   * @param {string} message
   * @param {number} [retryAfterMs] after which it may be asked again, milliseconds
   */
  constructor(status, message, retryAfterMs = 0) {
    super(message);
    this.status = status;
    this.retryAfterMs = retryAfterMs;
  }
}

export class Coordinator {
  #url;
  /** Of the session; it stays in this page's memory. */
  #token = "";
  #pause;

  /**
   * @param {string} rest URL without a slash at its end
   * @param {(ms: number) => Promise<unknown>} [pause]
   */
  constructor(rest, pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms))) {
    this.#url = `${rest}/wallet/v1`;
    this.#pause = pause;
  }

  /**
   * A message for the wallet to sign, good once.
   * @param {string} accountId
   */
  challenge(accountId) {
    return this.#call("POST", "/auth/challenge", { account_id: accountId });
  }

  /**
   * Opens a session: what is asked from now on is asked in its name.
   * @param {string} accountId
   * @param {object} signed the challenge, signed, as the verifier takes payloads
   */
  async verify(accountId, signed) {
    const { token, ...session } = await this.#call("POST", "/auth/verify", { account_id: accountId, signed });
    this.#token = token;
    return session;
  }

  /** The token is forgotten even where the coordinator does not hear of it, and ends by itself. */
  async logout() {
    try {
      await this.#call("POST", "/auth/logout");
    } finally {
      this.#token = "";
    }
  }

  /**
   * @param {string} accountId
   * @param {string} publicKey looked for
   * @param {readonly string[]} tokenIds whose balances are wanted
   */
  account(accountId, publicKey, tokenIds) {
    const query = new URLSearchParams({ public_key: publicKey });
    for (const tokenId of tokenIds) query.append("token_id", tokenId);
    return this.#call("GET", `/accounts/${accountId}?${query}`);
  }

  /** @param {string} accountId */
  async staleKeys(accountId) {
    return (await this.#call("GET", `/accounts/${accountId}/stale-keys`)).stale_keys;
  }

  /**
   * Has a payload carried that the person has signed.
   * @param {object} payload as the verifier takes it
   * @returns the record, as soon as there is one
   */
  execute(payload) {
    // Under this key it happens once, however often it is asked for.
    const body = {
      steps: [{ kind: "intents.execute_signed", payloads: [payload] }],
      idempotency_key: crypto.randomUUID(),
    };
    return this.#patiently(() => this.#call("POST", "/workflows/execute", body, { prefer: "wait=0" }));
  }

  /** @param {string} requestId */
  record(requestId) {
    return this.#patiently(() => this.#call("GET", `/workflows/${requestId}`));
  }

  /**
   * What happens to a workflow, until it has ended. A stream that breaks off is taken up where it was.
   * @param {string} requestId
   * @returns {AsyncGenerator<any>}
   */
  async *events(requestId) {
    for (let seen = 0, waitMs = pauseMs; ; await this.#pause(waitMs)) {
      waitMs = pauseMs;
      // Not an EventSource: that one sends no credentials in `Authorization`.
      const response = await this.#fetch("GET", `/workflows/${requestId}/events?after=${seen}`).catch((error) => {
        if (isFinal(error)) throw error;
        waitMs = pauseAfter(error);
      });
      // It has ended, and all was seen.
      if (response?.status === 204) return;
      for await (const event of messagesOf(response?.body)) {
        seen = event.version;
        yield event;
        if (event.terminal) return;
      }
    }
  }

  /**
   * Asks until there is an answer, or a final refusal. A 5xx leaves open what has happened, so the person is then told to
   * look again.
   * @template T
   * @param {() => Promise<T>} ask what happens once, however often it is asked for
   * @returns {Promise<T>}
   */
  async #patiently(ask) {
    let isOpen = false;
    for (let tries = 1; ; tries += 1) {
      try {
        return await ask();
      } catch (error) {
        isOpen ||= !(error instanceof Refused) || error.status >= 500;
        if (isFinal(error) || tries === mostTries) {
          throw isOpen && error instanceof Refused
            ? new Refused(error.status, `${error.message}: ${lookAgain}`)
            : error;
        }
        await this.#pause(pauseAfter(error));
      }
    }
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {object} [body]
   * @param {Record<string, string>} [headers]
   * @returns {Promise<any>} of a shape by path
   */
  async #call(method, path, body, headers) {
    const response = await this.#fetch(method, path, body, headers);
    return response.status === 204 ? undefined : response.json();
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {object} [body]
   * @param {Record<string, string>} [headers]
   * @throws {Refused}
   */
  async #fetch(method, path, body, headers = {}) {
    const sent = fetch(this.#url + path, {
      method,
      headers: {
        ...(this.#token === "" ? {} : { authorization: `Bearer ${this.#token}` }),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const response = await sent.catch(() => {
      throw new Error(`the coordinator is not to be reached: ${lookAgain}`);
    });
    if (response.ok) return response;
    const { status } = response;
    if (status === 401) this.#token = "";
    // What stands before the coordinator answers otherwise.
    const problem = await response.json().catch(() => undefined);
    const message = problem?.message ?? `the coordinator is away (HTTP ${status})`;
    throw new Refused(status, message, Number(response.headers.get("retry-after")) * 1_000 || 0);
  }
}

/**
 * The data of a stream's events, until it ends or breaks off.
 * @param {ReadableStream<Uint8Array<ArrayBuffer>> | null | undefined} body
 * @returns {AsyncGenerator<any>}
 */
async function* messagesOf(body) {
  const reader = body?.pipeThrough(new TextDecoderStream()).getReader();
  let pending = "";
  for (;;) {
    const read = await reader?.read().catch(() => undefined);
    if (read?.value === undefined) return;
    const messages = `${pending}${read.value}`.split("\n\n");
    pending = messages.pop() ?? "";
    for (const message of messages) {
      const data = /^data: ?(.*)$/m.exec(message)?.[1];
      if (data !== undefined) yield JSON.parse(data);
    }
  }
}

/**
 * Whether the same is refused again however often it is asked. A quota, and what is wrong on the other side, pass.
 * @param {unknown} error
 */
function isFinal(error) {
  return error instanceof Refused && error.status !== 429 && error.status < 500;
}

/**
 * @param {unknown} error
 * @returns milliseconds until it is tried again
 */
function pauseAfter(error) {
  const wishedMs = error instanceof Refused ? error.retryAfterMs : 0;
  return Math.min(Math.max(wishedMs, pauseMs), mostPauseMs);
}
