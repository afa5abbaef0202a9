import type { GateCall } from "@outlayer/contracts/outlayer/workflow/v1/call";
import { intentsOf } from "../chain/intents.ts";
import { field, type Json, string } from "../chain/json.ts";
import { type Finding, finding } from "./finding.ts";
import type { CallTarget } from "./receivers.ts";

/** What a wallet's intent needs of an account, or its step is certain to be taken back, or lost, after its payload was executed. */
export interface Need {
  /** Index of the step. */
  readonly step: number;
  readonly accountId: string;
  readonly what: /** That it exists. */
    | { readonly kind: "account" }
    /** A contract, to be called or notified. */
    | { readonly kind: "contract" }
    /** To be registered with that token. */
    | { readonly kind: "registration"; readonly token: string };
}

/** Answers by account, and by registration; without those that could not be found out. */
export interface NeedFacts {
  readonly targets: ReadonlyMap<string, CallTarget>;
  /** By `registrationKey`. */
  readonly registered: ReadonlyMap<string, boolean>;
}

export const registrationKey = (token: string, accountId: string) => `${token} ${accountId}`;

/** The needs of all steps' intents, in their order. What an earlier intent of the workflow provides for is left out. */
export function needsOf(calls: readonly GateCall[]): readonly Need[] {
  const provided = new Set<string>();
  return calls.flatMap((call, step) => {
    return intentsOf(call).flatMap((intent) => {
      const needs = needsOfIntent(intent)
        .filter(({ accountId, what }) => !provided.has(keyOf(accountId, what)))
        .map((need) => ({ step, ...need }));
      const pays = accountIn(intent, "contract_id");
      const forId = accountIn(intent, "deposit_for_account_id") ?? accountIn(intent, "account_id");
      if (field(intent, "intent") === "storage_deposit" && pays !== undefined && forId !== undefined)
        provided.add(registrationKey(pays, forId));
      return needs;
    });
  });
}

function needsOfIntent(intent: Json): Omit<Need, "step">[] {
  const receiver = accountIn(intent, "receiver_id");
  const token = accountIn(intent, "token");
  const contract = accountIn(intent, "contract_id");
  const notifies = typeof field(intent, "msg") === "string";
  const need = (accountId: string | undefined, what: Need["what"]) =>
    accountId === undefined ? [] : [{ accountId, what }];
  switch (field(intent, "intent")) {
    case "transfer":
      return notifies ? need(receiver, { kind: "contract" }) : [];
    case "ft_withdraw":
    case "nft_withdraw":
    case "mt_withdraw": {
      const isFungible = field(intent, "intent") === "ft_withdraw" && token !== undefined;
      const isPaidFor = field(intent, "storage_deposit") != null;
      return [
        ...need(token, { kind: "contract" }),
        ...(notifies ? need(receiver, { kind: "contract" }) : []),
        ...(isFungible && !isPaidFor ? need(receiver, { kind: "registration", token }) : []),
      ];
    }
    case "native_withdraw":
      return receiver === undefined || isImplicit(receiver) ? [] : need(receiver, { kind: "account" });
    case "storage_deposit":
    case "auth_call":
      return need(contract, { kind: "contract" });
    default:
      return [];
  }
}

/** The first need that is known not to be met. What could not be found out is not held against the workflow. */
export function checkPayouts(needs: readonly Need[], steps: number, { targets, registered }: NeedFacts): Finding {
  const lacksOf = ({ accountId, what }: Need): string | undefined => {
    const target = targets.get(accountId);
    switch (what.kind) {
      case "account":
        return target === "no_account" ? "does not exist" : undefined;
      case "contract":
        return target === "no_account" || target === "no_code" ? "has no contract" : undefined;
      case "registration": {
        const isKnown = registered.get(registrationKey(what.token, accountId));
        return isKnown === false ? `is not registered with ${what.token}` : undefined;
      }
    }
  };
  const unmet = needs.map((need) => ({ need, lacks: lacksOf(need) })).find(({ lacks }) => lacks !== undefined);
  const about = unmet === undefined ? "all can" : `${unmet.need.accountId} ${unmet.lacks}`;
  return finding(unmet === undefined, "receivers that can take what they are sent", about, {
    ok: "no receiver is known to be unable to take what it is sent",
    failed: `step ${(unmet?.need.step ?? 0) + 1} of ${steps} would not last: ${about}`,
  });
}

const keyOf = (accountId: string, what: Need["what"]) =>
  what.kind === "registration" ? registrationKey(what.token, accountId) : "";

const accountIn = (intent: Json, name: string) => string(field(intent, name));

/** Accounts that a transfer of NEAR makes. */
const isImplicit = (accountId: string) => /^(?:[0-9a-f]{64}|0[xs][0-9a-f]{40})$/.test(accountId);
