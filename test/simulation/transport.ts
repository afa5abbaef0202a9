import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { Code, ConnectError, type Transport } from "@connectrpc/connect";
import { traceHeaders } from "@outlayer/kit";
import type { Network } from "./network.ts";
import type { SimProcess } from "./process.ts";

export interface Line {
  readonly network: Network;
  readonly from: SimProcess;
  /** The process that answers now: another one may have taken the place of the one before. Undefined for one that always is. */
  readonly to?: () => SimProcess | undefined;
}

/**
 * A service as another process reaches it: its door behind the network. Requests travel as protobuf. Deadlines count in
 * virtual time and never reach the other side.
 * @param reach the transport to whoever answers when the message arrives
 */
export function overNetwork(reach: () => Transport, { network, from, to }: Line): Transport {
  return {
    stream: () => Promise.reject(new ConnectError("nothing here streams", Code.Unimplemented)),
    unary(method, signal, timeoutMs, header, input, contextValues) {
      // As it is now: whoever sent it may change it while it is under way.
      const sent = toBinary(method.input, create(method.input, input));
      const headers = new Headers(header);
      for (const [name, value] of Object.entries(traceHeaders())) headers.set(name, value);
      const hasLimit = timeoutMs !== undefined && timeoutMs > 0;
      const answer = network.call({
        from,
        to: to?.(),
        label: `${method.name} ${aboutOf(input)}`,
        hasLimit,
        work: async () => {
          const message = fromBinary(method.input, sent);
          return reach().unary(method, undefined, undefined, headers, message as never, contextValues);
        },
        broken: () => new ConnectError("the connection broke", Code.Unavailable),
      });
      return new Promise((resolve, reject) => {
        const giveUp = (code: Code) => () => reject(new ConnectError("given up", code));
        const cancel = hasLimit ? from.ports.timers.after(timeoutMs, giveUp(Code.DeadlineExceeded)) : undefined;
        const abort = giveUp(Code.Canceled);
        if (signal?.aborted) abort();
        signal?.addEventListener("abort", abort, { once: true });
        const done = () => {
          cancel?.();
          signal?.removeEventListener("abort", abort);
        };
        answer.then(
          (value) => {
            done();
            resolve(value);
          },
          (error) => {
            done();
            reject(error);
          },
        );
      });
    },
  };
}

/** What a reader of the trace wants to know of a request. */
function aboutOf(input: object): string {
  const { requestId, expectedVersion, event, change } = input as {
    requestId?: string;
    expectedVersion?: bigint;
    event?: { kind?: { case?: string } };
    change?: string;
  };
  const version = expectedVersion === undefined ? "" : `@${expectedVersion}`;
  return [`${requestId?.slice(-6) ?? ""}${version}`, event?.kind?.case, change].filter(Boolean).join(" ");
}
