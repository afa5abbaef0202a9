import { type Client, Code, ConnectError, createClient, createRouterTransport } from "@connectrpc/connect";
import { type AppendGateLogRequest, LogService } from "@outlayer/contracts/outlayer/evidence/v1/log_service";
import type { ProductDeps } from "@outlayer/embedded";
import type { Service } from "@outlayer/kit";

/** Evidence that takes a change of the gate's log, the first of a kind, and whose answer gets lost. */
export class SilentGateLog {
  readonly wrap: NonNullable<ProductDeps["wrap"]> = { evidence: (service) => this.#wrapped(service) };
  readonly #kind: string;
  #wasSilent = false;

  /** @param kind the change's first word */
  constructor(kind: string) {
    this.#kind = kind;
  }

  get wasSilent(): boolean {
    return this.#wasSilent;
  }

  #wrapped(service: Service): Service {
    const real = createClient(
      LogService,
      createRouterTransport((router) => service.routes.register(router)),
    );
    const register: Service["routes"]["register"] = (router) => {
      service.routes.register(router);
      router.rpc(LogService.method.appendGateLog, (request) => this.#append(real, request));
    };
    return { ...service, routes: { ...service.routes, register } };
  }

  async #append(real: Client<typeof LogService>, request: AppendGateLogRequest) {
    const answer = await real.appendGateLog(request);
    if (this.#wasSilent || !request.change.startsWith(`${this.#kind} `)) return answer;
    this.#wasSilent = true;
    throw new ConnectError("the connection broke", Code.Unavailable);
  }
}
