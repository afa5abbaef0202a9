import { once } from "node:events";
import { createWriteStream } from "node:fs";

// biome-ignore lint/suspicious/noExplicitAny: answers of every shape
type Result = any;

/** A process that runs with `--inspect`, seen through its inspector, without any code in the process. */
export class Inspector {
  readonly #socket: WebSocket;
  readonly #answers = new Map<number, (result: Result) => void>();
  #heard: (chunk: string) => void = () => {};
  #asked = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener("message", ({ data }) => {
      const { id, result, method, params } = JSON.parse(String(data));
      if (method === "HeapProfiler.addHeapSnapshotChunk") this.#heard(params.chunk);
      this.#answers.get(id)?.(result);
      this.#answers.delete(id);
    });
  }

  /** @param port of the inspector, on loopback */
  static async of(port: number): Promise<Inspector> {
    const [target] = (await (await fetch(`http://127.0.0.1:${port}/json`)).json()) as {
      webSocketDebuggerUrl: string;
    }[];
    if (target === undefined) throw new Error(`no inspector on port ${port}`);
    const socket = new WebSocket(target.webSocketDebuggerUrl);
    await once(socket, "open");
    return new Inspector(socket);
  }

  /** Bytes of heap in use after a collection. A second collection takes what finalizers of the first have released. */
  async heapBytes(): Promise<number> {
    await this.#ask("HeapProfiler.collectGarbage");
    await this.#ask("HeapProfiler.collectGarbage");
    return (await this.#ask("Runtime.getHeapUsage")).usedSize;
  }

  /** Writes a `.heapsnapshot`, for the developer tools of a browser. */
  async writeHeapSnapshot(path: string): Promise<void> {
    const file = createWriteStream(path);
    this.#heard = (chunk) => void file.write(chunk);
    await this.#ask("HeapProfiler.takeHeapSnapshot");
    file.end();
    await once(file, "finish");
  }

  close(): void {
    this.#socket.close();
  }

  #ask(method: string): Promise<Result> {
    this.#asked += 1;
    const id = this.#asked;
    this.#socket.send(JSON.stringify({ id, method }));
    return new Promise((resolve) => this.#answers.set(id, resolve));
  }
}
