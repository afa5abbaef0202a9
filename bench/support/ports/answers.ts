import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  type AcquireLeaseRequest,
  AcquireLeaseRequestSchema,
  type AcquireLeaseResponse,
  AcquireLeaseResponseSchema,
  LogService,
} from "@outlayer/contracts/outlayer/evidence/v1/log_service";
import {
  type GetRecordRequest,
  GetRecordRequestSchema,
  RecordService,
} from "@outlayer/contracts/outlayer/evidence/v1/record_service";
import { type Record, RecordSchema } from "@outlayer/contracts/outlayer/workflow/v1/record";

export const token = "service-token-of-the-bench-0123456789";
export const callerName = "broadcaster";
export const leasePath = `${LogService.typeName}/AcquireLease`;
export const recordPath = `${RecordService.typeName}/GetRecord`;

/** Kinds of calls, by what is answered: a few numbers, a record, and a record whose request is as long as a caller may send. */
export const answerNames = ["lease", "record", "long record"] as const;
export type AnswerName = (typeof answerNames)[number];

export const leaseRequest: AcquireLeaseRequest = create(AcquireLeaseRequestSchema, {
  resource: "gate:gate.near",
  holderId: "018f0000-0000-7000-8000-000000000000",
  ttlMs: 10_000,
});
export const lease: AcquireLeaseResponse = create(AcquireLeaseResponseSchema, { epoch: 7n, remainingMs: 6_500 });

const longTextBytes = 256 * 1024;

/** The request id says which record is asked for. */
export function recordRequest(name: AnswerName): GetRecordRequest {
  return create(GetRecordRequestSchema, { requestId: name });
}

/** @param bytes of the record that the product has answered */
export function recordsOf(bytes: Uint8Array): { readonly usual: Record; readonly long: Record } {
  const usual = fromBinary(RecordSchema, bytes);
  const long = fromBinary(RecordSchema, bytes);
  const text = long.originalRequestText;
  long.originalRequestText = text.repeat(Math.ceil(longTextBytes / text.length)).slice(0, longTextBytes);
  return { usual, long };
}

/** A method as grpc-js and bare HTTP/2 take it: messages to bytes, and back. */
export interface Coded<I, O> {
  readonly path: string;
  readonly request: { encode(message: I): Buffer; decode(bytes: Uint8Array): I };
  readonly answer: { encode(message: O): Buffer; decode(bytes: Uint8Array): O };
}

const buffer = ({ buffer, byteOffset, byteLength }: Uint8Array) =>
  Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength);

export const codedLease: Coded<AcquireLeaseRequest, AcquireLeaseResponse> = {
  path: `/${leasePath}`,
  request: {
    encode: (message) => buffer(toBinary(AcquireLeaseRequestSchema, message)),
    decode: (bytes) => fromBinary(AcquireLeaseRequestSchema, bytes),
  },
  answer: {
    encode: (message) => buffer(toBinary(AcquireLeaseResponseSchema, message)),
    decode: (bytes) => fromBinary(AcquireLeaseResponseSchema, bytes),
  },
};

export const codedRecord: Coded<GetRecordRequest, Record> = {
  path: `/${recordPath}`,
  request: {
    encode: (message) => buffer(toBinary(GetRecordRequestSchema, message)),
    decode: (bytes) => fromBinary(GetRecordRequestSchema, bytes),
  },
  answer: {
    encode: (message) => buffer(toBinary(RecordSchema, message)),
    decode: (bytes) => fromBinary(RecordSchema, bytes),
  },
};
