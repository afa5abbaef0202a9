import type { Step } from "@outlayer/workflow";
import type { Limits } from "./facts.ts";

/** A setup step that the user has to take outside of the gate. */
export interface Setup {
  readonly requirement: string;
  readonly route: string;
}

const routes = {
  call: "POST /wallet/v1/call",
  deposit: "POST /wallet/v1/intents/deposit",
  balance: "GET /wallet/v1/balance?source=intents",
  storage: "POST /wallet/v1/storage-deposit",
  directUser: "POST /wallet/v1/direct-user/function-call/execute",
} as const;

/** @param place e.g. `steps[0]` */
export function fundingSetup(step: Step, place: string, limits: Limits): Setup {
  const { what, route } = fundingOf(step, limits);
  return { requirement: `${place} does not go through the gate: ${what} with ${route} first`, route };
}

/** @param place e.g. `steps[0]` */
export function directUserSetup(place: string): Setup {
  const route = routes.directUser;
  return { requirement: `${place} must come from the user's own account: use the direct-user lane, ${route}`, route };
}

const wrap = { what: "wrap NEAR", route: routes.call };
const deposit = { what: "deposit the tokens", route: routes.deposit };
const balance = { what: "read the balance", route: routes.balance };
const storage = { what: "pay for storage", route: routes.storage };
const otherCall = { what: "make the call", route: routes.call };

function fundingOf(step: Step, limits: Limits): { readonly what: string; readonly route: string } {
  switch (step.form) {
    case "funding.wrap_near":
      return wrap;
    case "funding.intents_deposit":
      return deposit;
    case "funding.balance_check":
      return balance;
    case "funding.storage_deposit":
      return storage;
    default:
      return fundingOfCall(step.fields, limits);
  }
}

function fundingOfCall({ operation, receiver_id: receiver, method_name: method }: Step["fields"], limits: Limits) {
  if (operation === "wrap_near" || (receiver === limits.wrappedNearId && method === "near_deposit")) return wrap;
  if (operation === "intents_deposit") return deposit;
  if (operation === "balance_read" || method === "ft_balance_of" || method === "storage_balance_of") return balance;
  if (operation === "storage_setup" || method === "storage_deposit") return storage;
  return otherCall;
}
