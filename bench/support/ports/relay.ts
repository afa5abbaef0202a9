import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";

/** Bytes that passed a relay. */
export interface Passed {
  readonly requests: number;
  readonly answers: number;
}

/** A port that leads to another one, and counts the bytes each way. */
export class Relay {
  readonly url: string;
  readonly #counts: { requests: number; answers: number };
  readonly #close: () => void;

  private constructor(url: string, counts: { requests: number; answers: number }, close: () => void) {
    this.url = url;
    this.#counts = counts;
    this.#close = close;
  }

  static async to(url: string): Promise<Relay> {
    const { hostname: host, port } = new URL(url);
    const counts = { requests: 0, answers: 0 };
    const server = createServer((client) => {
      const upstream = connect({ host, port: Number(port) });
      client.on("data", ({ length }: Buffer) => {
        counts.requests += length;
      });
      upstream.on("data", ({ length }: Buffer) => {
        counts.answers += length;
      });
      client.pipe(upstream).pipe(client);
      for (const side of [client, upstream]) side.on("error", () => {});
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port: own } = server.address() as AddressInfo;
    return new Relay(`http://127.0.0.1:${own}`, counts, () => server.close());
  }

  get passed(): Passed {
    return { ...this.#counts };
  }

  close(): void {
    this.#close();
  }
}
