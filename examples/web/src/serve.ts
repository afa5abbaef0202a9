import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import { createAccount, FaucetRefusal } from "./faucet.ts";

/** What the page and its wallet have to know of the product and the chain. URLs have no slash at their end. */
export interface ExampleOptions {
  readonly rest: string;
  readonly nearRpc: string;
  readonly devnetControl: string;
  /** Account id of the verifier. */
  readonly verifierId: string;
}

export interface Example {
  /** The origins, as in `http://127.0.0.1:8090`. */
  readonly page: string;
  readonly wallet: string;
  /** Until then the answer is 503: the product has to be told the page's origin, so it starts after this. */
  open(options: ExampleOptions): void;
  /** Breaks open connections, and resolves when the ports are free. */
  stop(): Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
}

/** One origin: a list of files, since nothing else is read from the disk, and what its scripts may do. */
interface Site {
  readonly folder: "page" | "wallet";
  readonly files: readonly string[];
  /** Origins that its scripts may call beside their own. */
  connect(options: ExampleOptions): readonly string[];
  /** Content of `config.json`. */
  config(options: ExampleOptions, origins: Origins): object;
  /** Whether it hands out accounts of the devnet. */
  readonly hasFaucet: boolean;
}

type Origins = Pick<Example, "page" | "wallet">;

const common = ["dom.js", "encoding.js", "tokens.js", "style.css", "icon.svg"].map((name) => `common/${name}`);

const page: Site = {
  folder: "page",
  files: ["index.html", "main.js", "coordinator.js", "devnet-wallet.js", "intents.js", "views.js"],
  connect: ({ rest, nearRpc }) => [rest, new URL(nearRpc).origin],
  config: ({ rest, nearRpc, verifierId }, { wallet }) => ({ rest, near_rpc: nearRpc, verifier_id: verifierId, wallet }),
  hasFaucet: false,
};

const wallet: Site = {
  folder: "wallet",
  files: ["index.html", "main.js", "key.js", "near.js", "requests.js", "rpc.js"],
  connect: ({ nearRpc }) => [new URL(nearRpc).origin],
  config: ({ nearRpc, verifierId }, { page }) => ({ near_rpc: nearRpc, verifier_id: verifierId, page }),
  hasFaucet: true,
};

const host = "127.0.0.1";
/** Bytes. */
const largestBody = 1_024;

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
};

/**
 * Serves the page, and the devnet's wallet on an origin of its own, both on loopback.
 * @param ports 0 for free ones
 * @throws Error of Node.js where a port is not to be had; then nothing is left open
 */
export async function serveExample(ports: { readonly page: number; readonly wallet: number }): Promise<Example> {
  let options: ExampleOptions | undefined;
  const origins = { page: "", wallet: "" };
  const servers = [page, wallet].map((site) =>
    createServer((request, response) => {
      const origin = origins[site.folder];
      answer(site, origin, request)
        .then((given) => send(response, given))
        .catch(() => send(response, text(500, "the example's server has failed")));
    }),
  );

  async function answer(site: Site, origin: string, request: IncomingMessage): Promise<Answer> {
    const { method = "", url = "/" } = request;
    // Another name could be one that somebody else's page has made to lead here.
    if (`http://${request.headers.host}` !== origin) return elsewhere(request, origin);
    if (options === undefined) return text(503, "the product is starting: try again", { "retry-after": "1" });
    const path = url.split("?")[0] ?? "";
    if (method === "POST" && path === "/faucet" && site.hasFaucet) return faucet(request, origin, options);
    if (method !== "GET" && method !== "HEAD")
      return text(405, "there is nothing but files here", { allow: "GET, HEAD" });
    if (path === "/config.json") return json(200, site.config(options, origins));
    const name = path === "/" ? "index.html" : path.slice(1);
    const file = fileOf(site, name);
    if (file === undefined) return text(404, `there is no ${path} here`);
    const headers = { "content-type": types[extname(name)] ?? "", ...headersOf(site, options) };
    return { status: 200, headers, body: await readFile(file) };
  }

  async function stop(): Promise<void> {
    await Promise.all(
      servers.map(async (server) => {
        const closed = once(server, "close");
        server.close();
        server.closeAllConnections();
        await closed;
      }),
    );
  }

  try {
    for (const [index, port] of [ports.page, ports.wallet].entries()) {
      const server = servers[index];
      server?.listen(port, host);
      if (server !== undefined) await once(server, "listening");
    }
  } catch (error) {
    await stop();
    throw error;
  }
  const [atPage, atWallet] = servers.map((server) => `http://${host}:${(server.address() as AddressInfo).port}`);
  origins.page = atPage ?? "";
  origins.wallet = atWallet ?? "";
  return {
    ...origins,
    open(given) {
      options = given;
    },
    stop,
  };
}

function fileOf({ folder, files }: Site, name: string): string | undefined {
  const path = common.includes(name) ? name : files.includes(name) ? `${folder}/${name}` : undefined;
  return path === undefined ? undefined : fileURLToPath(new URL(`../${path}`, import.meta.url));
}

/** Scripts and styles come from this origin's files alone, and no text becomes markup. */
function headersOf(site: Site, options: ExampleOptions): Record<string, string> {
  const policy = [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    `connect-src 'self' ${site.connect(options).join(" ")}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ];
  return {
    "content-security-policy": policy.join("; "),
    // The wallet answers the page that has opened it.
    "cross-origin-opener-policy": site.folder === "page" ? "same-origin-allow-popups" : "unsafe-none",
  };
}

/** A person who types `localhost` is led on. */
function elsewhere({ headers, method, url }: IncomingMessage, origin: string): Answer {
  const { port } = new URL(origin);
  if (headers.host !== `localhost:${port}` || method !== "GET") return text(421, `this is ${origin}`);
  return text(307, `this is ${origin}`, { location: `${origin}${url?.startsWith("//") ? "/" : url}` });
}

/** Takes requests of the wallet's own page only. */
async function faucet(request: IncomingMessage, origin: string, options: ExampleOptions): Promise<Answer> {
  const { headers } = request;
  if (headers.origin !== origin || headers["content-type"] !== "application/json") {
    return text(403, "the faucet is for the wallet's page alone");
  }
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > largestBody) return text(413, `a body has at most ${largestBody} bytes`);
    chunks.push(chunk);
  }
  try {
    return json(200, await createAccount(options.devnetControl, Buffer.concat(chunks).toString()));
  } catch (error) {
    if (error instanceof FaucetRefusal) return json(error.status, { message: error.message });
    throw error;
  }
}

function json(status: number, body: object): Answer {
  return { status, headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
}

function text(status: number, body: string, headers: Readonly<Record<string, string>> = {}): Answer {
  return { status, headers: { "content-type": "text/plain; charset=utf-8", ...headers }, body };
}

function send(response: ServerResponse, { status, headers, body }: Answer): void {
  response.writeHead(status, {
    "cache-control": "no-store",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    ...headers,
    "content-length": Buffer.byteLength(body),
  });
  response.end(response.req.method === "HEAD" ? undefined : body);
}
