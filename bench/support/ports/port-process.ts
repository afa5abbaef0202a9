import { once } from "node:events";
import { createServer, type Http2Server } from "node:http2";
import type { AddressInfo } from "node:net";
import type { ConnectRouter, ServiceImpl } from "@connectrpc/connect";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { Server as GrpcServer, ServerCredentials, type ServiceDefinition } from "@grpc/grpc-js";
import { LogService } from "@outlayer/contracts/outlayer/evidence/v1/log_service";
import { type GetRecordRequest, RecordService } from "@outlayer/contracts/outlayer/evidence/v1/record_service";
import { createLogger, Readiness, serveRpc } from "@outlayer/kit";
import { followGarbage } from "../garbage.ts";
import {
  type Coded,
  callerName,
  codedLease,
  codedRecord,
  lease,
  leasePath,
  recordPath,
  recordsOf,
  token,
} from "./answers.ts";

/** Used by one side of the calls since the last report. */
export interface SideReport {
  readonly cpuMs: number;
  readonly allocatedBytes: number;
}

/** What answers: a service's port with all of its guards, or a server that does nothing but answer. */
export type Port = "service" | "connect" | "grpc-js" | "http2";

/**
 * A port that answers the bench's calls, in a process of its own. It sends its URL once it listens, and a `SideReport` for every
 * message. @param argv which `Port`, and the record that it answers in base64
 */
const [port, recordText = ""] = process.argv.slice(2);
const { usual, long } = recordsOf(Buffer.from(recordText, "base64"));
const recordFor = ({ requestId }: GetRecordRequest) => (requestId === "record" ? usual : long);
const free = { host: "127.0.0.1", port: 0 };

function register(router: ConnectRouter): void {
  const leases: Partial<ServiceImpl<typeof LogService>> = { acquireLease: () => lease };
  const records: Partial<ServiceImpl<typeof RecordService>> = { getRecord: recordFor };
  router.service(LogService, leases as ServiceImpl<typeof LogService>);
  router.service(RecordService, records as ServiceImpl<typeof RecordService>);
}

async function service(): Promise<string> {
  const readiness = new Readiness();
  readiness.start();
  const callers = { [leasePath]: [callerName], [recordPath]: [callerName] } as const;
  const routes = { name: "evidence", services: [LogService, RecordService], callers, register };
  const guards = { logger: createLogger("bench", "warn"), serviceToken: token };
  return (await serveRpc(routes, guards, { grpc: free, http: free }, readiness)).grpcUrl;
}

async function listening(server: Http2Server): Promise<string> {
  server.listen(0, free.host);
  await once(server, "listening");
  return `http://${free.host}:${(server.address() as AddressInfo).port}`;
}

function grpcJs(): Promise<string> {
  const server = new GrpcServer();
  const add = <I, O>({ path, request, answer }: Coded<I, O>, answerFor: (request: I) => O) => {
    const method = {
      path,
      requestStream: false,
      responseStream: false,
      requestSerialize: request.encode,
      requestDeserialize: request.decode,
      responseSerialize: answer.encode,
      responseDeserialize: answer.decode,
    };
    const definition: ServiceDefinition = { call: method as ServiceDefinition[string] };
    server.addService(definition, {
      call: (call: { readonly request: I }, callback: (error: null, answer: O) => void) =>
        callback(null, answerFor(call.request)),
    });
  };
  add(codedLease, () => lease);
  add(codedRecord, recordFor);
  return new Promise((resolve, reject) => {
    server.bindAsync(`${free.host}:0`, ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(`http://${free.host}:${bound}`) : reject(error),
    );
  });
}

/** Node's HTTP/2 with nothing above it: the least that a call over it can cost. */
function http2(): Promise<string> {
  const server = createServer();
  const answerTo = <I, O>({ request, answer }: Coded<I, O>, answerFor: (request: I) => O, body: Buffer) =>
    answer.encode(answerFor(request.decode(body)));
  server.on("stream", (stream, { ":path": path }) => {
    const chunks: Buffer[] = [];
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    stream.on("end", () => {
      const body = Buffer.concat(chunks);
      const answer =
        path === codedLease.path ? answerTo(codedLease, () => lease, body) : answerTo(codedRecord, recordFor, body);
      stream.respond({ ":status": 200, "content-type": "application/proto" });
      stream.end(answer);
    });
  });
  return listening(server);
}

const ports: { readonly [P in Port]: () => Promise<string> } = {
  service,
  connect: () => listening(createServer(connectNodeAdapter({ routes: register }))),
  "grpc-js": grpcJs,
  http2,
};

const url = await ports[port as Port]();
const garbage = followGarbage();
let reported = 0;
process.on("message", () => {
  const { user, system } = process.cpuUsage();
  const cpuMs = (user + system) / 1000;
  process.send?.({ cpuMs: cpuMs - reported, allocatedBytes: garbage().allocatedBytes } satisfies SideReport);
  reported = cpuMs;
});
process.on("disconnect", () => process.exit());
process.send?.(url);
