import { type Client, type ConnectRouter, createClient, createRouterTransport } from "@connectrpc/connect";
import { LogService } from "@outlayer/contracts/outlayer/evidence/v1/log_service";
import type { ProductDeps } from "@outlayer/embedded";
import type { Service } from "@outlayer/kit";

/** Evidence some of whose methods are answered here. @param real what they can go on to */
export function wrappedLog(
  override: (router: ConnectRouter, real: Client<typeof LogService>) => void,
): NonNullable<ProductDeps["wrap"]> {
  const evidence = (service: Service): Service => {
    const real = createClient(
      LogService,
      createRouterTransport((router) => service.routes.register(router)),
    );
    const register: Service["routes"]["register"] = (router) => {
      service.routes.register(router);
      override(router, real);
    };
    return { ...service, routes: { ...service.routes, register } };
  };
  return { evidence };
}
