import { Code, ConnectError } from "@connectrpc/connect";
import { LogService } from "@outlayer/contracts/outlayer/evidence/v1/log_service";
import { wrappedLog } from "./wrapped-log.ts";

/** Evidence that does not take the first event of a kind: as if the broadcaster had crashed right before it. */
export class ForgetfulEvidence {
  readonly wrap = wrappedLog((router, real) =>
    router.rpc(LogService.method.appendEvent, async (request) => {
      if (request.event?.kind.case !== this.#kind || this.#hasForgotten) return real.appendEvent(request);
      this.#hasForgotten = true;
      throw new ConnectError("away", Code.Unavailable);
    }),
  );
  readonly #kind: string;
  #hasForgotten = false;

  constructor(kind: string) {
    this.#kind = kind;
  }

  get hasForgotten(): boolean {
    return this.#hasForgotten;
  }
}
