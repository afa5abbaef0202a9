import type { DescMethod, DescService } from "@bufbuild/protobuf";
import { Health } from "@outlayer/contracts/grpc/health/v1/health";
import { ServerReflection as ReflectionV1 } from "@outlayer/contracts/grpc/reflection/v1/reflection";
import { ServerReflection as ReflectionV1Alpha } from "@outlayer/contracts/grpc/reflection/v1alpha/reflection";
import type { ServiceName } from "../service-name.ts";

/** `wallets` for a method that tells its callers apart itself, by REST's credentials; else the services it accepts. */
export type Accepted = "wallets" | readonly ServiceName[];

/** Who may call, by `package.Service/Method`. A method that is not in it accepts nobody. */
export type Callers = Readonly<Record<string, Accepted>>;

/** Says of every method of a service who may call it; the compiler asks for all of them. */
export function accepts<S extends DescService>(
  service: S,
  byMethod: { readonly [M in keyof S["method"]]: Accepted },
): Callers {
  return Object.fromEntries(
    service.methods.map((method) => [methodName(method), byMethod[method.localName as keyof S["method"]]]),
  );
}

/** `package.Service/Method`. */
export function methodName(method: DescMethod): string {
  return `${method.parent.typeName}/${method.name}`;
}

const forAnybody: ReadonlySet<string> = new Set([Health.typeName, ReflectionV1.typeName, ReflectionV1Alpha.typeName]);

/** Served beside every service: health and reflection. */
export function isForAnybody(service: DescService): boolean {
  return forAnybody.has(service.typeName);
}
