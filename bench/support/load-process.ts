import { connect } from "node:net";
import { counting } from "./counting.ts";

/** Requests of one kind, sent again and again on a fixed number of connections. */
export interface Job {
  readonly host: string;
  readonly port: number;
  /** Whole requests in turn; `marker` in one becomes a number that no other request has. */
  readonly requests: readonly string[];
  /** Connections, each with one request at a time. */
  readonly inFlight: number;
  /** Time before anything is counted, and time that is counted; milliseconds. */
  readonly warmMs: number;
  readonly ms: number;
}

export interface LoadResult {
  readonly answers: number;
  /** Time that was counted, milliseconds. */
  readonly ms: number;
  readonly byStatus: Readonly<Record<string, number>>;
  /** Number of answers other than 2xx, by status and what they say. */
  readonly refusals: Readonly<Record<string, number>>;
  /** Latencies, milliseconds. */
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  /** One answer's body. */
  readonly sample: string;
}

/** Ten characters, so that a request's length stays what its head says. */
export const marker = "@@@@@@@@@@";

const headEnd = Buffer.from("\r\n\r\n");

// The load is a process of its own: it takes no turns of the event loop that it measures.
process.on("message", (job: Job) => void run(job).then((result) => process.send?.(result)));

let sent = 0;

async function run({ host, port, requests, inFlight, warmMs, ms }: Job): Promise<LoadResult> {
  const latencies: number[] = [];
  const byStatus: Record<string, number> = {};
  const refusals: Record<string, number> = {};
  let sample = "";
  let counts = false;
  let isOver = false;

  const client = () =>
    new Promise<void>((resolve, reject) => {
      const socket = connect({ host, port, noDelay: true });
      let begun = 0;
      let held: Buffer = Buffer.alloc(0);
      const send = () => {
        if (isOver) {
          socket.end();
          return resolve();
        }
        sent += 1;
        const request = requests[sent % requests.length] ?? "";
        begun = performance.now();
        socket.write(request.replace(marker, String(sent).padStart(marker.length, "0")));
      };
      socket.on("data", (chunk: Buffer) => {
        held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
        const end = held.indexOf(headEnd);
        if (end === -1) return;
        const head = held.toString("latin1", 0, end);
        const length = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? Number.NaN);
        if (Number.isNaN(length)) return reject(new Error(`an answer without a length: ${head}`));
        const bodyAt = end + headEnd.length;
        if (held.length < bodyAt + length) return;
        if (counts) {
          const status = head.slice(9, 12);
          byStatus[status] = (byStatus[status] ?? 0) + 1;
          if (!status.startsWith("2")) {
            const said = `${status} ${errorIn(held.toString("utf8", bodyAt))}`;
            refusals[said] = (refusals[said] ?? 0) + 1;
          }
          latencies.push(performance.now() - begun);
        }
        if (sample === "") sample = held.toString("utf8", bodyAt);
        held = Buffer.alloc(0);
        send();
      });
      socket.on("error", reject);
      socket.on("close", () => (isOver ? resolve() : reject(new Error("the server closed a connection"))));
      socket.on("connect", send);
    });

  const clients = Promise.all(Array.from({ length: inFlight }, client));
  await Promise.race([clients, pause(warmMs)]);
  counts = true;
  process.send?.(counting);
  const begun = performance.now();
  await Promise.race([clients, pause(ms)]);
  counts = false;
  const took = performance.now() - begun;
  isOver = true;
  await clients;
  latencies.sort((a, b) => a - b);
  const at = (share: number) => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))] ?? 0;
  const [p50, p95, p99] = [at(0.5), at(0.95), at(0.99)];
  return { answers: latencies.length, ms: took, byStatus, refusals, p50, p95, p99, sample };
}

/** What an answer of REST says that refuses. */
function errorIn(body: string): string {
  try {
    return String(JSON.parse(body).error);
  } catch {
    return "without an error that can be read";
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
