import { BroadcasterService, type GetGateFactsRequest } from "@outlayer/contracts/outlayer/broadcaster/v1/broadcaster";
import type { Callers, Clients, Service } from "@outlayer/kit";

export const getGateFacts = "outlayer.broadcaster.v1.BroadcasterService/GetGateFacts";

/** A service of one method, which answers as a test likes. */
export function oneMethod(
  answer: (request: GetGateFactsRequest, context: { readonly signal: AbortSignal }) => object | Promise<object>,
  callers: Callers = { [getGateFacts]: ["planner"] },
  clients?: Clients,
): Service {
  return {
    routes: {
      name: "broadcaster",
      services: [BroadcasterService],
      callers,
      clients,
      register: (router) => void router.service(BroadcasterService, { getGateFacts: answer }),
    },
    async start() {},
    async stop() {},
  };
}
