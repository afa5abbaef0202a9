import { Code, ConnectError } from "@connectrpc/connect";
import { LogService } from "@outlayer/contracts/outlayer/evidence/v1/log_service";
import { wrappedLog } from "./wrapped-log.ts";

/** Evidence that takes a change of the gate's log, the first of a kind, and whose answer gets lost. */
export class SilentGateLog {
  readonly wrap = wrappedLog((router, real) =>
    router.rpc(LogService.method.appendGateLog, async (request) => {
      const answer = await real.appendGateLog(request);
      if (this.#wasSilent || !request.change.startsWith(`${this.#kind} `)) return answer;
      this.#wasSilent = true;
      throw new ConnectError("the connection broke", Code.Unavailable);
    }),
  );
  readonly #kind: string;
  #wasSilent = false;

  /** @param kind the change's first word */
  constructor(kind: string) {
    this.#kind = kind;
  }

  get wasSilent(): boolean {
    return this.#wasSilent;
  }
}
