import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { counting, type Job, type LoadResult } from "./load-process.ts";

/** A process that sends requests. */
export class Load {
  readonly #process: ChildProcess;
  /** Rejects when the process ends. */
  readonly #ended: Promise<never>;

  constructor() {
    this.#process = fork(fileURLToPath(new URL("load-process.ts", import.meta.url)));
    this.#ended = once(this.#process, "exit").then(() => {
      throw new Error("the load broke off");
    });
    this.#ended.catch(() => {});
  }

  /** @param begun called when the warm-up is over @throws Error where the process ends, for a connection that breaks */
  async run(job: Job, begun: () => Promise<void>): Promise<LoadResult> {
    const heard = once(this.#process, "message");
    this.#process.send(job);
    const [first] = await Promise.race([heard, this.#ended]);
    if (first !== counting) throw new Error("the load was over before it was counted");
    const result = once(this.#process, "message");
    await begun();
    return (await Promise.race([result, this.#ended]))[0] as LoadResult;
  }

  stop(): void {
    this.#process.disconnect();
    this.#process.kill();
  }
}

/** The text of a request, for `Job.requests`. */
export function requestText(url: URL, method: string, headers: Readonly<Record<string, string>>, body = ""): string {
  const length = method === "POST" ? { "content-length": String(Buffer.byteLength(body)) } : {};
  const lines = Object.entries({ host: url.host, ...headers, ...length }).map(([name, value]) => `${name}: ${value}`);
  return `${method} ${url.pathname} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n${body}`;
}
