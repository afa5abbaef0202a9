import { type Client, createClient, createRouterTransport } from "@connectrpc/connect";
import { type AppendEventRequest, LogService } from "@outlayer/contracts/outlayer/evidence/v1/log_service";
import type { ProductDeps } from "@outlayer/embedded";
import type { Service } from "@outlayer/kit";

/** Evidence before which something happens, once: right before it takes the first event of a kind. */
export function interruptedEvidence(
  kind: string,
  meanwhile: (requestId: string) => Promise<void>,
): NonNullable<ProductDeps["wrap"]> {
  let hasHappened = false;
  const append = async (real: Client<typeof LogService>, request: AppendEventRequest) => {
    if (request.event?.kind.case === kind && !hasHappened) {
      hasHappened = true;
      await meanwhile(request.requestId);
    }
    return real.appendEvent(request);
  };
  const wrapped = (service: Service): Service => {
    const real = createClient(
      LogService,
      createRouterTransport((router) => service.routes.register(router)),
    );
    const register: Service["routes"]["register"] = (router) => {
      service.routes.register(router);
      router.rpc(LogService.method.appendEvent, (request) => append(real, request));
    };
    return { ...service, routes: { ...service.routes, register } };
  };
  return { evidence: wrapped };
}
