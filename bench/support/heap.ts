import { once } from "node:events";

/** The heap of a process that runs with `--inspect`, as its inspector tells it. Nothing of the process's own takes part. */
export class Heap {
  readonly #socket: WebSocket;
  readonly #answers = new Map<number, (result: unknown) => void>();
  #asked = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener("message", ({ data }) => {
      const { id, result } = JSON.parse(String(data));
      this.#answers.get(id)?.(result);
      this.#answers.delete(id);
    });
  }

  /** @param port of the inspector, on loopback */
  static async of(port: number): Promise<Heap> {
    const [target] = (await (await fetch(`http://127.0.0.1:${port}/json`)).json()) as { webSocketDebuggerUrl: string }[];
    if (target === undefined) throw new Error(`no inspector on port ${port}`);
    const socket = new WebSocket(target.webSocketDebuggerUrl);
    await once(socket, "open");
    return new Heap(socket);
  }

  /** Bytes in use after a full collection. */
  async used(): Promise<number> {
    await this.#ask("HeapProfiler.collectGarbage");
    return ((await this.#ask("Runtime.getHeapUsage")) as { usedSize: number }).usedSize;
  }

  close(): void {
    this.#socket.close();
  }

  #ask(method: string): Promise<unknown> {
    this.#asked += 1;
    const id = this.#asked;
    this.#socket.send(JSON.stringify({ id, method }));
    return new Promise((resolve) => this.#answers.set(id, resolve));
  }
}
