import { connect as connectHttp2 } from "node:http2";
import { createClient, type Interceptor, type Transport } from "@connectrpc/connect";
import { createConnectTransport, createGrpcTransport, Http2SessionManager } from "@connectrpc/connect-node";
import { Client, credentials, Metadata } from "@grpc/grpc-js";
import { LogService } from "@outlayer/contracts/outlayer/evidence/v1/log_service";
import { RecordService } from "@outlayer/contracts/outlayer/evidence/v1/record_service";
import { remoteTransport } from "@outlayer/kit";
import {
  type AnswerName,
  type Coded,
  callerName,
  codedLease,
  codedRecord,
  leaseRequest,
  recordRequest,
  token,
} from "./answers.ts";
import type { Port } from "./port-process.ts";

/** Makes calls to one port. */
export type Caller = (answer: AnswerName) => Promise<unknown>;

/** One way to make calls, and the port that answers them. */
export interface Way {
  readonly name: string;
  readonly port: Port;
  callerTo(url: string): Caller;
}

const headers = { "x-service-name": callerName, "x-service-token": token };

const identified: Interceptor = (next) => (call) => {
  for (const [name, value] of Object.entries(headers)) call.header.set(name, value);
  return next(call);
};

function over(transport: Transport): Caller {
  const [logs, records] = [createClient(LogService, transport), createClient(RecordService, transport)];
  return (answer) => (answer === "lease" ? logs.acquireLease(leaseRequest) : records.getRecord(recordRequest(answer)));
}

type ConnectOptions = Parameters<typeof createConnectTransport>[0];

/** Connect's own transport, with one setting or more changed. */
const connect = (options: Partial<ConnectOptions> = {}) => {
  return (baseUrl: string) =>
    over(
      createConnectTransport({ baseUrl, httpVersion: "2", interceptors: [identified], ...options } as ConnectOptions),
    );
};

const plain = { acceptCompression: [] };
/** Options of each session: Node's `http2.connect`. */
const session = (nodeOptions: object) => connect({ ...plain, nodeOptions } as Partial<ConnectOptions>);
const megabyte = 2 ** 20;

/** A session for each call, closed after it. */
function sessionEach(baseUrl: string): Caller {
  return async (answer) => {
    const sessionManager = new Http2SessionManager(baseUrl);
    try {
      return await connect({ ...plain, sessionManager } as Partial<ConnectOptions>)(baseUrl)(answer);
    } finally {
      sessionManager.abort();
    }
  };
}

function grpcJs(baseUrl: string): Caller {
  const client = new Client(new URL(baseUrl).host, credentials.createInsecure());
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(headers)) metadata.set(name, value);
  const call = <I, O>({ path, request, answer }: Coded<I, O>, message: I) =>
    new Promise((resolve, reject) => {
      client.makeUnaryRequest(path, request.encode, answer.decode, message, metadata, (error, value) =>
        error === null ? resolve(value) : reject(error),
      );
    });
  return (answer) => (answer === "lease" ? call(codedLease, leaseRequest) : call(codedRecord, recordRequest(answer)));
}

function http2(baseUrl: string): Caller {
  const open = connectHttp2(baseUrl);
  const call = <I, O>({ path, request, answer }: Coded<I, O>, message: I) =>
    new Promise((resolve, reject) => {
      const stream = open.request({ ":method": "POST", ":path": path, ...headers });
      const chunks: Buffer[] = [];
      stream.on("data", (chunk: Buffer) => chunks.push(chunk));
      stream.on("end", () => resolve(answer.decode(Buffer.concat(chunks))));
      stream.on("error", reject);
      stream.end(request.encode(message));
    });
  return (answer) => (answer === "lease" ? call(codedLease, leaseRequest) : call(codedRecord, recordRequest(answer)));
}

const grpc = (baseUrl: string) => createGrpcTransport({ baseUrl, interceptors: [identified], ...plain });
const service = (url: string) => over(remoteTransport(url, { from: callerName, to: "evidence", serviceToken: token }));

export const ways: readonly Way[] = [
  { name: "services' own", port: "service", callerTo: service },
  { name: "Connect", port: "service", callerTo: connect(plain) },
  { name: "Connect, compressed answers", port: "service", callerTo: connect() },
  { name: "Connect, JSON", port: "service", callerTo: connect({ ...plain, useBinaryFormat: false }) },
  {
    name: "Connect, window of 1 MiB",
    port: "service",
    callerTo: session({ settings: { initialWindowSize: megabyte } }),
  },
  {
    name: "Connect, header table of 64 KiB",
    port: "service",
    callerTo: session({ settings: { headerTableSize: 65_536 }, maxDeflateDynamicTableSize: 65_536 }),
  },
  {
    name: "Connect, no header table",
    port: "service",
    callerTo: session({ settings: { headerTableSize: 0 }, maxDeflateDynamicTableSize: 0 }),
  },
  { name: "Connect, a session each", port: "service", callerTo: sessionEach },
  { name: "Connect's gRPC", port: "service", callerTo: (url) => over(grpc(url)) },
  { name: "grpc-js", port: "service", callerTo: grpcJs },
  { name: "Connect, no guards", port: "connect", callerTo: connect(plain) },
  { name: "Connect's gRPC, no guards", port: "connect", callerTo: (url) => over(grpc(url)) },
  { name: "grpc-js on both sides", port: "grpc-js", callerTo: grpcJs },
  { name: "bare HTTP/2", port: "http2", callerTo: http2 },
];
