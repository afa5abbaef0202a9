import { type Client, Code, ConnectError, createClient, createRouterTransport } from "@connectrpc/connect";
import { type AppendEventRequest, LogService } from "@outlayer/contracts/outlayer/evidence/v1/log_service";
import type { ProductDeps } from "@outlayer/embedded";
import type { Service } from "@outlayer/kit";

/** Evidence that does not take the first event of a kind: as if the broadcaster had crashed right before it. */
export class ForgetfulEvidence {
  readonly wrap: NonNullable<ProductDeps["wrap"]> = { evidence: (service) => this.#wrapped(service) };
  readonly #kind: string;
  #hasForgotten = false;

  constructor(kind: string) {
    this.#kind = kind;
  }

  get hasForgotten(): boolean {
    return this.#hasForgotten;
  }

  #wrapped(service: Service): Service {
    const real = createClient(
      LogService,
      createRouterTransport((router) => service.routes.register(router)),
    );
    const register: Service["routes"]["register"] = (router) => {
      service.routes.register(router);
      router.rpc(LogService.method.appendEvent, (request) => this.#append(real, request));
    };
    return { ...service, routes: { ...service.routes, register } };
  }

  async #append(real: Client<typeof LogService>, request: AppendEventRequest) {
    if (request.event?.kind.case !== this.#kind || this.#hasForgotten) return real.appendEvent(request);
    this.#hasForgotten = true;
    throw new ConnectError("away", Code.Unavailable);
  }
}
