import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createLogger, type Ports, systemPorts, urlOf } from "@outlayer/kit";
import { RpcClient } from "../../src/adapters/near/rpc-client.ts";
import type { NearNode } from "../../src/core/ports/near-node.ts";

export type Answer = (method: string, response: ServerResponse, params?: unknown) => void;

/** A node that answers as the test says. */
class ScriptedNode {
  readonly asked: string[] = [];
  answer: Answer = result({});
  chainId = "test";
  /** Height of the earliest block that it keeps; undefined: it does not tell. */
  earliest: number | undefined;
  #server: Server | undefined;

  async start(): Promise<void> {
    this.#server = createServer((request, response) => void this.#handle(request, response));
    await new Promise<void>((resolve) => this.#server?.listen(0, "127.0.0.1", resolve));
  }

  get url(): string {
    return this.#server === undefined ? "" : urlOf(this.#server);
  }

  async stop(): Promise<void> {
    this.#server?.closeAllConnections();
    await new Promise((resolve) => this.#server?.close(resolve));
  }

  get #status(): object {
    return { chain_id: this.chainId, sync_info: { earliest_block_height: this.earliest } };
  }

  /** Answers nothing. @returns what answers the last call that came */
  hold(value: unknown): () => void {
    let release = () => {};
    this.answer = (method, response) => {
      release = () => result(value)(method, response);
    };
    return () => release();
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = "";
    for await (const chunk of request) body += chunk;
    const { method, params } = JSON.parse(body);
    this.asked.push(method);
    if (method === "status") result(this.#status)(method, response);
    else this.answer(method, response, params);
  }
}

export function result(value: unknown): Answer {
  return (_method, response) => json(response, 200, { jsonrpc: "2.0", id: 1, result: value });
}

export function nodeError(cause: string, status = 200): Answer {
  const error = {
    name: "HANDLER_ERROR",
    cause: { name: cause, info: {} },
    code: -32000,
    message: "Server error",
    data: "said so",
  };
  return (_method, response) => json(response, status, { jsonrpc: "2.0", id: 1, error });
}

export const reset: Answer = (_method, response) => response.destroy();

function json(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

/** A suite of a client with two nodes, whose clock stands still but for what a test adds to `nowMs`. */
export class TwoNodes {
  readonly first = new ScriptedNode();
  readonly second = new ScriptedNode();
  nowMs = 0;
  /** Lines of the clients' log, of this test. */
  logs: string[] = [];
  readonly ports: Ports = { ...systemPorts(), clock: { now: () => this.nowMs } };

  constructor() {
    const nodes = [this.first, this.second];
    before(() => Promise.all(nodes.map((node) => node.start())));
    after(() => Promise.all(nodes.map((node) => node.stop())));
    beforeEach(() => {
      for (const node of nodes) {
        node.asked.length = 0;
        node.answer = result({});
        node.chainId = "test";
        node.earliest = undefined;
      }
      this.logs = [];
    });
  }

  readonly client = (...nodes: readonly ScriptedNode[]): RpcClient => {
    const logger = createLogger("test", "trace", { write: (line) => void this.logs.push(line) });
    return new RpcClient({ urls: nodes.map(({ url }) => url), chainId: "test" }, this.ports, logger);
  };
}

/** Whether no endpoint knows the transaction, at final heads from a height on. */
export async function isUnknown(node: NearNode, at: number): Promise<boolean> {
  return (await node.recall({ hash: "hash", signerId: "a.near", since: 0, at })).kind === "unknown";
}
