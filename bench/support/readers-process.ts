import { connect } from "node:net";
import { counting } from "./counting.ts";

/** Readers of event streams, all connected at once. */
export interface ReadersJob {
  readonly host: string;
  readonly port: number;
  /** One whole request for each reader. */
  readonly requests: readonly string[];
  /** Time that is counted once all are connected, milliseconds. */
  readonly ms: number;
}

export interface ReadersResult {
  /** Streams that were answered with 200. */
  readonly streams: number;
  /** Events that were written while all were connected, once for each of their readers. */
  readonly events: number;
  /** From an event's time to its reader, milliseconds. */
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

/** All at once are refused: a store reads for so many callers at a time. */
const connectingAtOnce = 16;

process.on("message", (job: ReadersJob) => void read(job).then((result) => process.send?.(result)));

async function read({ host, port, requests, ms }: ReadersJob): Promise<ReadersResult> {
  const lateness: number[] = [];
  let streams = 0;
  let sinceMs = Number.POSITIVE_INFINITY;
  let isOver = false;

  const reader = (request: string) =>
    new Promise<() => void>((resolve, reject) => {
      const socket = connect({ host, port, noDelay: true }, () => socket.write(request));
      let text = "";
      let isAnswered = false;
      socket.setEncoding("utf8").on("data", (chunk: string) => {
        const nowMs = Date.now();
        text += chunk;
        if (!isAnswered && text.includes("\r\n\r\n")) {
          isAnswered = true;
          if (!text.startsWith("HTTP/1.1 200")) return reject(new Error(text.slice(0, 1_000)));
          streams += 1;
          resolve(() => socket.destroy());
        }
        const end = text.lastIndexOf("\n");
        for (const [, atText = ""] of text.slice(0, end).matchAll(/^data: .*?"at":"([^"]+)"/gm)) {
          const atMs = Date.parse(atText);
          if (atMs >= sinceMs && !isOver) lateness.push(nowMs - atMs);
        }
        text = text.slice(end + 1);
      });
      socket.on("error", reject);
    });

  const waiting = [...requests];
  const closers: (() => void)[] = [];
  const connectAll = async () => {
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) closers.push(await reader(next));
  };
  await Promise.all(Array.from({ length: connectingAtOnce }, connectAll));
  sinceMs = Date.now();
  process.send?.(counting);
  await new Promise((resolve) => setTimeout(resolve, ms));
  isOver = true;
  for (const close of closers) close();
  lateness.sort((a, b) => a - b);
  const at = (share: number) => lateness[Math.min(lateness.length - 1, Math.floor(lateness.length * share))] ?? 0;
  return { streams, events: lateness.length, p50: at(0.5), p95: at(0.95), p99: at(0.99) };
}
