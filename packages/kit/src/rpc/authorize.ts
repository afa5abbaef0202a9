import type { DescMethod } from "@bufbuild/protobuf";
import { base64Decode } from "@bufbuild/protobuf/wire";
import { Code, type ContextValues, createContextKey, type HandlerContext } from "@connectrpc/connect";
import type { BoundedLines } from "../bounded-lines.ts";
import { inContext } from "../call-context.ts";
import type { Logger } from "../logger.ts";
import { denied, invalid, Refusal } from "../refusal.ts";
import type { ServiceName } from "../service-name.ts";
import { type Access, accessTo, type Callers, limitsForAnybody, methodName } from "./callers.ts";
import { connectErrorOf, domainOf } from "./error-details.ts";
import { MemoryCall } from "./memory-call.ts";
import type { Identify } from "./service-auth.ts";
import { contextOfCall } from "./trace.ts";

/** Authenticates the callers of methods for clients: callers with credentials of their own, which no service has to be. */
export interface Clients {
  /**
   * Puts whom the call acts for into `values`, where the handler finds it.
   * @param caller the service that calls, where one does
   * @returns a promise only where it cannot be told at once
   * @throws Refusal Unauthenticated, or rejects with it
   */
  authenticate(headers: Headers, caller: ServiceName | undefined, values: ContextValues): void | Promise<void>;
}

/** Called once the caller is known to be a service, so that its connection gets services' bounds. */
export const onService = createContextKey<() => void>(() => {});

export interface AuthorizeDeps {
  readonly callers: Callers;
  readonly clients: Clients | undefined;
  readonly identify: Identify;
  readonly logger: Logger;
  /** Bounds the log lines about callers that are not allowed. */
  readonly refusals: BoundedLines;
}

/**
 * Admits or refuses a call by its headers and connection, before a byte of its body is read or decompressed: the caller, its
 * permission, and the announced size. Connect turns errors thrown here into answers in the caller's protocol.
 */
export function authorizeRequest(deps: AuthorizeDeps): (context: HandlerContext) => Promise<void> | undefined {
  const known = new Map<DescMethod, Named>();
  const named = (method: DescMethod): Named => {
    const found = known.get(method);
    if (found !== undefined) return found;
    const name = methodName(method);
    const made = { name, access: accessTo(deps.callers, name) };
    known.set(method, made);
    return made;
  };
  return (context) => {
    const fail = (error: unknown): never => {
      if (error instanceof Refusal) throw connectErrorOf(error, domainOf(context.service));
      throw error;
    };
    try {
      const work = contextOfCall(context.values, () => context.requestHeader);
      return inContext(work, () => judge(deps, named, context))?.catch(fail);
    } catch (error) {
      return fail(error);
    }
  };
}

/** A method, and who may call it. */
interface Named {
  readonly name: string;
  /** Undefined for a method that nobody may call. */
  readonly access: Access | undefined;
}

function judge(
  { clients, identify, logger, refusals }: AuthorizeDeps,
  named: (method: DescMethod) => Named,
  context: HandlerContext,
): Promise<void> | undefined {
  const { service, values } = context;
  refuseQuery(context);
  const open = limitsForAnybody(service);
  if (open !== undefined) {
    refuseCompression(context);
    refuseLength(context, open.wireBytes);
    return undefined;
  }
  const { name: method, access } = named(context.method);
  const caller = identify(context);
  if (caller !== undefined) values.get(onService)();
  const refuse = () => {
    const known = caller ?? "nobody we know";
    refusals.write(known, (fields) => logger.warn({ method, caller: known, ...fields }, "caller is not allowed"));
    return denied("this caller may not call this");
  };
  if (access === undefined) throw refuse();
  const { limits } = access;
  const admit = () => {
    if (caller === undefined) refuseCompression(context);
    refuseLength(context, limits.wireBytes);
    logger.debug({ method, ...(caller === undefined ? {} : { caller }) }, "called");
  };
  if (access.accepted === "clients") {
    if (clients === undefined) throw refuse();
    const told = clients.authenticate(announced(context) ?? context.requestHeader, caller, values);
    if (told instanceof Promise) return told.then(admit);
  } else if (access.accepted !== "anybody" && (caller === undefined || !access.accepted.includes(caller)))
    throw refuse();
  admit();
  return undefined;
}

/** Headers that name an encoding: of gRPC, of Connect's streams, and of Connect's unary calls. */
const encodingHeaders = ["grpc-encoding", "connect-content-encoding", "content-encoding"] as const;

/** Only services may compress: from anybody else, few bytes could decompress to many. */
function refuseCompression({ requestHeader: headers, requestMethod, url }: HandlerContext): void {
  const inQuery = requestMethod === "GET" ? new URL(url).searchParams.get("compression") : null;
  const encodings = [...encodingHeaders.map((name) => headers.get(name)), inQuery];
  if (encodings.some((encoding) => encoding !== null && encoding !== "" && encoding !== "identity")) {
    const said = "compression is accepted of services only: send what is not compressed";
    throw invalid(said, { reason: "COMPRESSION_NOT_ACCEPTED" });
  }
}

/** Refuses GET: Connect would parse the message in the query before its errors can be described. */
function refuseQuery({ requestMethod, url }: HandlerContext): void {
  if (requestMethod !== "GET") return;
  const { searchParams } = new URL(url);
  if (searchParams.get("base64") !== "1") return;
  try {
    base64Decode(searchParams.get("message") ?? "");
  } catch {
    throw invalid("the message in the query is no base64", { reason: "UNREADABLE_MESSAGE" });
  }
}

/** Refuses a body whose announced length is too long, without reading it. */
function refuseLength(context: HandlerContext, limit: number): void {
  const length = announced(context)?.get("content-length") ?? null;
  if (length !== null && !(Number(length) <= limit)) throw tooLong(limit);
}

/** What a call announces of itself. Within the process its caller's headers do, if any: making all of them costs as much as the rest. */
function announced(context: HandlerContext): Headers | undefined {
  return context instanceof MemoryCall ? context.givenHeader : context.requestHeader;
}

export function tooLong(limit: number): Refusal {
  return new Refusal(Code.ResourceExhausted, `the body must be at most ${limit} bytes`, { reason: "BODY_TOO_LARGE" });
}
