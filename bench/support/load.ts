import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { counting } from "./counting.ts";
import type { Job, LoadResult } from "./load-process.ts";
import type { ReadersJob, ReadersResult } from "./readers-process.ts";

/** A process that sends requests, or reads event streams. */
export class Load<J = Job, R = LoadResult> {
  readonly #process: ChildProcess;
  /** Rejects when the process ends. */
  readonly #ended: Promise<never>;

  private constructor(file: string) {
    this.#process = fork(fileURLToPath(new URL(file, import.meta.url)));
    this.#ended = once(this.#process, "exit").then(() => {
      throw new Error("the load broke off");
    });
    this.#ended.catch(() => {});
  }

  static ofRequests(): Load {
    return new Load("load-process.ts");
  }

  static ofReaders(): Load<ReadersJob, ReadersResult> {
    return new Load("readers-process.ts");
  }

  /** @param begun called when the warm-up is over @throws Error where the process ends, for a connection that breaks */
  async run(job: J, begun: () => Promise<void>): Promise<R> {
    const heard = once(this.#process, "message");
    this.#process.send(job as object);
    const [first] = await Promise.race([heard, this.#ended]);
    if (first !== counting) throw new Error("the load was over before it was counted");
    const result = once(this.#process, "message");
    await begun();
    return (await Promise.race([result, this.#ended]))[0] as R;
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
