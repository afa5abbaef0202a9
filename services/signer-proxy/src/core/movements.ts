import { z } from "zod";
import type { ActionKind } from "./action-types.ts";
import { type IntentKind, intentKinds, isIntentKind, type Surroundings } from "./intent-kinds.ts";
import { Unjudgeable } from "./unjudgeable.ts";

/** Value that leaves the wallet, or power over it that is given away. */
export interface Movement {
  readonly kind: ActionKind;
  /** Full token id, e.g. `nep141:wrap.near`; `native` for NEAR itself. */
  readonly token: string;
  /** Raw units. They leave the wallet once, however many possible receivers there are. */
  readonly amount: bigint;
  /** Possible receivers: policy is asked about each. Empty where there is no particular one. */
  readonly to: readonly string[];
  /** Least amounts that must come in together with it, raw units by full token id. */
  readonly receives?: Readonly<Record<string, string>>;
}

/**
 * The value that a payload's intents move and the power that they give, in their order.
 * @param value the parsed `intents_json`
 * @throws Unjudgeable with the place, for anything that readers could read differently
 */
export function movementsOf(value: unknown, around: Surroundings): Movement[] {
  if (!Array.isArray(value)) throw new Unjudgeable("intents must be an array");
  return value.flatMap((item, index) => {
    try {
      return movementsOfIntent(kindOf(item), item, around);
    } catch (error) {
      if (error instanceof Unjudgeable) throw new Unjudgeable(`intents[${index}]${error.message}`);
      if (error instanceof z.ZodError) throw new Unjudgeable(`intents[${index}]${firstIssue(error)}`);
      throw error;
    }
  });
}

function movementsOfIntent(kind: IntentKind, intent: unknown, around: Surroundings): Movement[] {
  const { power, moves } = intentKinds[kind].read(intent, around);
  const given = power === undefined ? [] : [{ kind, token: "native", amount: 0n, to: power }];
  return [...given, ...moves.map((moved) => ({ kind, ...moved }))];
}

function kindOf(intent: unknown): IntentKind {
  const kind: unknown = typeof intent === "object" && intent !== null ? Reflect.get(intent, "intent") : undefined;
  if (typeof kind !== "string") throw new Unjudgeable(" is not an intent that policy can judge");
  if (isIntentKind(kind)) return kind;
  const named = /^\w{1,64}$/.test(kind) ? `${kind} ` : "";
  throw new Unjudgeable(`.intent ${named}is not an intent that policy can judge`);
}

function firstIssue(error: z.ZodError): string {
  const issue = error.issues[0];
  if (issue === undefined) return " cannot be read";
  // A record's invalid key carries its own issue one level deeper.
  const message = issue.code === "invalid_key" ? (issue.issues[0]?.message ?? issue.message) : issue.message;
  const path = issue.path.map((part) => (typeof part === "number" ? `[${part}]` : `.${String(part)}`)).join("");
  return `${path} ${message}`;
}
