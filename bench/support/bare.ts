import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

/** The bare server, in a process of its own. */
export class Bare {
  readonly #process: ChildProcess;
  readonly port: number;

  private constructor(process: ChildProcess, port: number) {
    this.#process = process;
    this.port = port;
  }

  static async start(): Promise<Bare> {
    const child = fork(fileURLToPath(new URL("bare-process.ts", import.meta.url)));
    const [port] = await once(child, "message");
    return new Bare(child, port);
  }

  /** Makes it answer with this JSON. */
  async tell(text: string): Promise<void> {
    const told = once(this.#process, "message");
    this.#process.send(text);
    await told;
  }

  stop(): void {
    this.#process.disconnect();
  }
}
