import { Code, ConnectError } from "@connectrpc/connect";
import { LogService } from "@outlayer/contracts/outlayer/evidence/v1/log_service";
import { waitUntil } from "./wait-until.ts";
import { wrappedLog } from "./wrapped-log.ts";

/** Evidence that does not show one log for a while: as if its answers got lost. */
export class HiddenLog {
  readonly wrap = wrappedLog((router, real) =>
    router.rpc(LogService.method.readEvents, async (request) => {
      if (request.requestId !== this.requestId) return real.readEvents(request);
      this.#refusals += 1;
      throw new ConnectError("away", Code.Unavailable);
    }),
  );
  requestId: string | undefined;
  #refusals = 0;

  /** Resolves once it was asked for so often, in vain. */
  async refused(times: number): Promise<void> {
    const least = this.#refusals + times;
    await waitUntil(() => this.#refusals >= least, `${times} more reads of ${this.requestId}`);
  }
}
