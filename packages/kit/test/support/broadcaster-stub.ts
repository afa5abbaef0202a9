import { BroadcasterService, type GetGateFactsRequest } from "@outlayer/contracts/outlayer/broadcaster/v1/broadcaster";
import type { Callers, Service, WalletAccess } from "@outlayer/kit";

export const getGateFacts = "outlayer.broadcaster.v1.BroadcasterService/GetGateFacts";

/** A service of one method, which answers as a test likes. */
export function oneMethod(
  answer: (request: GetGateFactsRequest, context: { readonly signal: AbortSignal }) => object | Promise<object>,
  callers: Callers = { [getGateFacts]: ["planner"] },
  wallets?: WalletAccess,
): Service {
  return {
    routes: {
      name: "broadcaster",
      services: [BroadcasterService],
      callers,
      wallets,
      register: (router) => void router.service(BroadcasterService, { getGateFacts: answer }),
    },
    async start() {},
    async stop() {},
  };
}
