import { LogService } from "@outlayer/contracts/outlayer/evidence/v1/log_service";
import type { ProductDeps } from "@outlayer/embedded";
import { wrappedLog } from "./wrapped-log.ts";

/** Evidence before which something happens, once: right before it takes the first event of a kind. */
export function interruptedEvidence(
  kind: string,
  meanwhile: (requestId: string) => Promise<void>,
): NonNullable<ProductDeps["wrap"]> {
  let hasHappened = false;
  return wrappedLog((router, real) =>
    router.rpc(LogService.method.appendEvent, async (request) => {
      if (request.event?.kind.case === kind && !hasHappened) {
        hasHappened = true;
        await meanwhile(request.requestId);
      }
      return real.appendEvent(request);
    }),
  );
}
