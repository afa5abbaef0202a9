import { Code, ConnectError, type HandlerContext } from "@connectrpc/connect";
import { RetryInfoSchema } from "@outlayer/contracts/google/rpc/error_details";
import { invalid, Refusal } from "../refusal.ts";
import { connectErrorOf, domainOf } from "./error-details.ts";

/** Connect's errors for a message that it could not read. Connect reports them as failures of the service. */
const unreadable: readonly RegExp[] = [
  /^parse binary: /,
  /^received compressed envelope, but do not know how to decompress/,
  /^decompression failed/,
];

/**
 * Gives errors from before any interceptor the same form as those of methods: with `ErrorInfo`, and as the caller's fault where
 * a message cannot be read. Connect aborts the call with its error before writing that, in every protocol; this is the one
 * place where all of them pass, and an error can only be changed in place here. It also sets Connect's `Retry-After`.
 */
export function describeFaults(context: HandlerContext): void {
  const { signal } = context;
  signal.addEventListener("abort", () => {
    const error: unknown = signal.reason;
    if (error instanceof ConnectError) describeFault(error, context);
  });
}

/** The same for one error. */
export function describeFault(error: ConnectError, { protocolName, service, method }: HandlerContext): void {
  if (error.details.length === 0) describe(error, domainOf(service), method.input.typeName);
  const [retry] = error.findDetails(RetryInfoSchema);
  const secs = retry?.retryDelay?.seconds;
  if (protocolName === "connect" && secs !== undefined) error.metadata.set("retry-after", String(secs));
}

function describe(error: ConnectError, domain: string, typeName: string): void {
  const { code, rawMessage } = error;
  const isUnreadable =
    code === Code.Internal
      ? unreadable.some((said) => said.test(rawMessage))
      : code === Code.InvalidArgument && !rawMessage.startsWith("protocol error");
  const described = connectErrorOf(
    isUnreadable
      ? invalid(`the body is no ${typeName}: ${rawMessage}`, { reason: "UNREADABLE_MESSAGE" })
      : new Refusal(code, rawMessage),
    domain,
  );
  const { details, message } = described;
  Object.assign(error, { code: described.code, rawMessage: described.rawMessage, message, details });
}
