import { fileURLToPath } from "node:url";
import { type DescMessage, fromBinary, type MessageShape } from "@bufbuild/protobuf";
import * as grpc from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import { internalToken } from "./system.ts";

// biome-ignore lint/suspicious/noExplicitAny: a plain client knows no types
export type Any = any;

const protoRoot = fileURLToPath(new URL("../../proto", import.meta.url));

/** A client as somebody writes it who has nothing but the .proto files. */
export function plainClient(file: string, service: string, url: string): Any {
  const definition = loadSync(file, {
    includeDirs: [protoRoot],
    keepCase: true,
    longs: String,
    enums: String,
    defaults: true,
  });
  let found: Any = grpc.loadPackageDefinition(definition);
  for (const part of service.split(".")) found = found[part];
  return new found(new URL(url).host, grpc.credentials.createInsecure());
}

export function call(client: Any, method: string, request: object, metadata = new grpc.Metadata()): Promise<Any> {
  return new Promise((resolve, reject) => {
    client[method](request, metadata, (error: grpc.ServiceError | null, answer: Any) =>
      error ? reject(error) : resolve(answer),
    );
  });
}

/** Everything that a method streams, to its end. */
export function readAll(client: Any, method: string, request: object, metadata: grpc.Metadata): Promise<Any[]> {
  return new Promise((resolve, reject) => {
    const messages: Any[] = [];
    const stream = client[method](request, metadata);
    stream.on("data", (message: Any) => messages.push(message));
    stream.on("error", reject);
    stream.on("end", () => resolve(messages));
  });
}

/** What a plain client got, as a message of ours. */
export function messageOf<D extends DescMessage>(schema: D, client: Any, method: string, got: Any): MessageShape<D> {
  return fromBinary(schema, client.constructor.service[method].responseSerialize(got));
}

export function metadataOf(headers: Readonly<Record<string, string>>): grpc.Metadata {
  const metadata = new grpc.Metadata();
  for (const [name, value] of Object.entries(headers)) metadata.set(name, value);
  return metadata;
}

export const walletMetadata = () => metadataOf({ "x-wallet-id": "wallet-1", "x-internal-wallet-auth": internalToken });
