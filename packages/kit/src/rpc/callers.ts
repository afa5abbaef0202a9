import type { DescMethod, DescService } from "@bufbuild/protobuf";
import { Health } from "@outlayer/contracts/grpc/health/v1/health";
import { ServerReflection as ReflectionV1 } from "@outlayer/contracts/grpc/reflection/v1/reflection";
import { ServerReflection as ReflectionV1Alpha } from "@outlayer/contracts/grpc/reflection/v1alpha/reflection";
import type { ServiceName } from "../service-name.ts";

/**
 * `clients` for a method whose callers bring credentials of their own (`Clients`), `anybody` for one that needs none; else the
 * services it accepts.
 */
export type Accepted = "clients" | "anybody" | readonly ServiceName[];

/** How much a caller may send, in bytes. */
export interface BodyLimits {
  /** Of the whole body on the wire. */
  readonly wireBytes: number;
  /** Of a message once it is decompressed. */
  readonly messageBytes: number;
}

/** Who may call a method, and how much a caller may send. */
export interface Access {
  readonly accepted: Accepted;
  readonly limits: BodyLimits;
}

/** By `package.Service/Method`. A method that is not in it accepts nobody (rule: service-methods-take-services). */
export type Callers = Readonly<Record<string, Accepted | Access>>;

const kib = 1024;

/** For gRPC's envelope around a message, and for the end of a stream. */
const framingBytes = kib;

/** A client's request: REST's 256 KiB as a text within JSON, where each quote is escaped. */
const ofClients = sameFor(512 * kib);

/** Ids, numbers, a step. Methods that take a caller's text or events declare larger limits with `upTo`. */
const ofServices = sameFor(64 * kib);

/** Strangers' requests: REST's 16 KiB of theirs as a text within JSON, with room to spare. */
const ofAnybody = sameFor(64 * kib);

const usualLimits = (accepted: Accepted): BodyLimits => {
  if (accepted === "clients") return ofClients;
  return accepted === "anybody" ? ofAnybody : ofServices;
};

/** Access to a method with large messages. @param wireBytes smaller where they are sent compressed */
export function upTo(messageBytes: number, accepted: Accepted, wireBytes = messageBytes): Access {
  return { accepted, limits: { wireBytes: wireBytes + framingBytes, messageBytes } };
}

/** @returns undefined for a method that nobody may call */
export function accessTo(callers: Callers, method: string): Access | undefined {
  const entry = callers[method];
  if (entry === undefined || (typeof entry === "object" && "limits" in entry)) return entry;
  return { accepted: entry, limits: usualLimits(entry) };
}

function sameFor(messageBytes: number): BodyLimits {
  return { wireBytes: messageBytes + framingBytes, messageBytes };
}

/** Declares who may call each method of a service, and what it takes; the compiler asks for all of them. */
export function accepts<S extends DescService>(
  service: S,
  byMethod: { readonly [M in keyof S["method"]]: Accepted | Access },
): Callers {
  return Object.fromEntries(
    service.methods.map((method) => [methodName(method), byMethod[method.localName as keyof S["method"]]]),
  );
}

/** `package.Service/Method`. */
export function methodName(method: DescMethod): string {
  return `${method.parent.typeName}/${method.name}`;
}

/** Services that anybody may call: health, which takes a name, and reflection, which takes as many symbols as are asked for. */
const forAnybody: ReadonlyMap<string, BodyLimits> = new Map([
  [Health.typeName, sameFor(kib)],
  [ReflectionV1.typeName, sameFor(64 * kib)],
  [ReflectionV1Alpha.typeName, sameFor(64 * kib)],
]);

export function isForAnybody(service: DescService): boolean {
  return forAnybody.has(service.typeName);
}

/** @returns undefined for a service that only some may call */
export function limitsForAnybody(service: DescService): BodyLimits | undefined {
  return forAnybody.get(service.typeName);
}
