import { type DescFile, type DescService, toBinary } from "@bufbuild/protobuf";
import { nestedTypes } from "@bufbuild/protobuf/reflect";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { Code, type ConnectRouter } from "@connectrpc/connect";
import {
  ServerReflection as ReflectionV1,
  type ServerReflectionRequest as RequestV1,
} from "@outlayer/contracts/grpc/reflection/v1/reflection";
import {
  ServerReflection as ReflectionV1Alpha,
  type ServerReflectionRequest as RequestV1Alpha,
} from "@outlayer/contracts/grpc/reflection/v1alpha/reflection";

/** Registers server reflection for these services, in v1 and in v1alpha, which older clients ask for. */
export function reflectionRoutes(router: ConnectRouter, services: readonly DescService[]): void {
  const index = indexOf(services);
  async function* serverReflectionInfo(requests: AsyncIterable<RequestV1 | RequestV1Alpha>) {
    for await (const request of requests) {
      yield { validHost: request.host, originalRequest: request, messageResponse: answer(index, request) };
    }
  }
  // The two versions have the same messages under different names.
  router.service(ReflectionV1, { serverReflectionInfo: serverReflectionInfo as never });
  router.service(ReflectionV1Alpha, { serverReflectionInfo: serverReflectionInfo as never });
}

interface Index {
  readonly services: readonly string[];
  readonly files: ReadonlyMap<string, DescFile>;
  readonly symbols: ReadonlyMap<string, DescFile>;
}

function indexOf(services: readonly DescService[]): Index {
  const files = new Map<string, DescFile>();
  const symbols = new Map<string, DescFile>();
  const add = (file: DescFile) => {
    if (files.has(file.proto.name)) return;
    files.set(file.proto.name, file);
    for (const type of nestedTypes(file)) {
      if ("typeName" in type) symbols.set(type.typeName, file);
      if (type.kind === "service")
        for (const method of type.methods) symbols.set(`${type.typeName}.${method.name}`, file);
    }
    file.dependencies.forEach(add);
  };
  for (const service of services) add(service.file);
  return { services: services.map((service) => service.typeName), files, symbols };
}

function answer(index: Index, { messageRequest: request }: RequestV1 | RequestV1Alpha) {
  switch (request.case) {
    case "listServices":
      return {
        case: "listServicesResponse" as const,
        value: { service: index.services.map((name) => ({ name })) },
      };
    case "fileByFilename":
      return fileResponse(index.files.get(request.value), `file ${request.value}`);
    case "fileContainingSymbol":
      return fileResponse(index.symbols.get(request.value.replace(/^\./, "")), `symbol ${request.value}`);
    case "fileContainingExtension":
      return failure(Code.NotFound, `extensions of ${request.value.containingType}`);
    case "allExtensionNumbersOfType":
      return failure(Code.NotFound, `extensions of ${request.value}`);
    case undefined:
      return {
        case: "errorResponse" as const,
        value: { errorCode: Code.InvalidArgument, errorMessage: "empty request" },
      };
  }
}

function fileResponse(file: DescFile | undefined, what: string) {
  if (file === undefined) return failure(Code.NotFound, what);
  const files = new Map<string, Uint8Array>();
  const add = (next: DescFile) => {
    if (files.has(next.proto.name)) return;
    files.set(next.proto.name, toBinary(FileDescriptorProtoSchema, next.proto));
    next.dependencies.forEach(add);
  };
  add(file);
  return { case: "fileDescriptorResponse" as const, value: { fileDescriptorProto: [...files.values()] } };
}

function failure(code: Code, what: string) {
  return { case: "errorResponse" as const, value: { errorCode: code, errorMessage: `${what} not found` } };
}
