import type { CallLogFields } from "@outlayer/kit";
import { isUuid } from "@outlayer/workflow";
import { walletCallerIn } from "./wallet-access.ts";
import { walletIdPattern } from "./wallet-auth.ts";

/** The workflow and the wallet that a call's request names. Only values in the shape of an id: the rest goes into no log. */
export const workLogFields: CallLogFields = (message = {}, values) => {
  const text = (name: string, isId: (value: string) => boolean) => {
    const value: unknown = name in message ? message[name as keyof typeof message] : undefined;
    return typeof value === "string" && isId(value) ? value : undefined;
  };
  const requestId = text("requestId", isUuid);
  const walletId = walletCallerIn(values)?.walletId ?? text("walletId", (value) => walletIdPattern.test(value));
  return {
    ...(requestId === undefined ? {} : { request_id: requestId }),
    ...(walletId === undefined ? {} : { wallet_id: walletId }),
  };
};
