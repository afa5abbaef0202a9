import { isAccountId } from "@outlayer/near";
import { z } from "zod";
import { JsonTextError, parseJsonText } from "./json-text.ts";
import { Unjudgeable } from "./unjudgeable.ts";

/** Without `execute_intents`: it would move value that policy was not asked about. */
const message = z.strictObject({
  receiver_id: z.string().refine(isAccountId),
  msg: z.string().nullish(),
  min_gas: z.string().nullish(),
});

/**
 * The account that the verifier credits for tokens sent back to it with this message: the sender, which is the verifier, for an
 * empty message; else the account id in the message, or its `receiver_id` if it is an object.
 * @throws Unjudgeable with the place within the intent
 */
export function depositReceiver(msg: string, verifierId: string): string {
  if (msg === "") return verifierId;
  if (!msg.startsWith("{")) {
    if (isAccountId(msg)) return msg;
    throw new Unjudgeable(`.msg names no account for ${verifierId} to credit`);
  }
  try {
    return message.parse(parseJsonText(msg)).receiver_id;
  } catch (error) {
    if (!(error instanceof z.ZodError || error instanceof JsonTextError)) throw error;
    throw new Unjudgeable(`.msg has ${verifierId} do what policy cannot judge`);
  }
}
