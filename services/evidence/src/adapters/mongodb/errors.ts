import { Code, Refusal, unavailable } from "@outlayer/kit";
import {
  MongoBulkWriteError,
  MongoClientClosedError,
  MongoError,
  MongoNetworkError,
  MongoNotConnectedError,
  MongoRuntimeError,
  MongoServerError,
  MongoServerSelectionError,
  MongoTopologyClosedError,
  MongoWriteConcernError,
} from "mongodb";

/**
 * Codes by which a server says that it cannot answer now: it is shutting down, is not the primary (any more), or lacks another
 * server. They are the codes of MongoDB's retryable reads specification, those of a write concern or time limit that was not
 * met, and 1, an internal error: FerretDB's when its PostgreSQL is away. Only answers to writes carry a label for it.
 */
const cannotAnswerNow: ReadonlySet<unknown> = new Set([
  1, 6, 7, 50, 64, 89, 91, 134, 189, 262, 9001, 10_107, 11_600, 11_602, 13_435, 13_436,
]);

/**
 * Codes by which a server says that it gave a write up because another one was in its way: MongoDB's WriteConflict, and what
 * DocumentDB passes on of PostgreSQL: 40P01, deadlock detected, and 40001, serialization failure.
 */
const writeConflicts: ReadonlySet<unknown> = new Set([112, sqlState("40P01"), sqlState("40001")]);

/** A SQLSTATE as the number that PostgreSQL holds it as: six bits a character, the first one lowest. */
function sqlState(text: string): number {
  return [...text].reduce((code, character, index) => code + ((character.charCodeAt(0) - 48) << (6 * index)), 0);
}

/** The server answered a call with an error. */
export class DatabaseRefused extends Error {
  override readonly name = "DatabaseRefused";
}

/** A call that was not sent, because too many were under way. */
export class NotSent extends Refusal {
  constructor() {
    super(Code.Unavailable, "too many calls to the database are under way");
  }
}

/** The server gave a write up because another one was in its way. Nothing of it was written, and it can be tried again. */
export class WriteConflict extends Refusal {
  constructor() {
    super(Code.Unavailable, "writes to the database are in one another's way");
  }
}

/** The error that a caller sees: `Unavailable` where there was no answer. The driver's error may quote the document. */
export function translated(error: unknown): unknown {
  if (isUnanswered(error)) return noAnswer(reasonOf(error));
  if (error instanceof MongoServerError && writeConflicts.has(error.code)) return new WriteConflict();
  return error instanceof MongoError ? new DatabaseRefused(`the database refused: ${nameOf(error)}`) : error;
}

/** The error of one document of a bulk write. */
export function refusalOf(error: MongoBulkWriteError, code: number): Error {
  if (writeConflicts.has(code)) return new WriteConflict();
  return new DatabaseRefused(`the database refused: ${error.name} ${code}`);
}

/** Whether the server has answered that it did not carry the call out. */
export function isRefusal(error: unknown): boolean {
  return error instanceof DatabaseRefused || error instanceof WriteConflict;
}

/** @param reason for the operator */
export function noAnswer(reason: string): Refusal {
  const refusal = unavailable("the database gave no answer");
  refusal.cause = new Error(reason);
  return refusal;
}

/** Whether the call got no answer, so that its outcome is unknown. */
export function isUnanswered(error: unknown): boolean {
  if (!(error instanceof MongoError)) return isOfNames(error) || isOfSockets(error);
  if (error instanceof MongoBulkWriteError) return isBulkUnanswered(error);
  return (
    error instanceof MongoNetworkError ||
    error instanceof MongoServerSelectionError ||
    // From a client that is being closed, or that has no first connection yet.
    error instanceof MongoTopologyClosedError ||
    error instanceof MongoClientClosedError ||
    error instanceof MongoNotConnectedError ||
    // The driver's own failures, as opposed to a server's answer.
    error instanceof MongoRuntimeError ||
    isOfOwnQueue(error) ||
    error instanceof MongoWriteConcernError ||
    error.hasErrorLabel("RetryableWriteError") ||
    cannotAnswerNow.has(error.code)
  );
}

/**
 * Whether the outcome of a bulk write is unknown. The driver wraps an error of the whole write, whatever it is; where the write
 * concern was not met, the error names documents or none.
 */
function isBulkUnanswered({ errorResponse, writeErrors, result }: MongoBulkWriteError): boolean {
  if (errorResponse instanceof Error) return isUnanswered(errorResponse);
  const errors = [writeErrors].flat();
  if (errors.length === 0 || result.getWriteConcernError() !== undefined) return true;
  return errors.some(({ code }) => cannotAnswerNow.has(code));
}

/** Whether the call was not sent, because this process had too many under way: no sign that the database is away. */
export function isOfOwnQueue(error: unknown): boolean {
  // The class is not exported.
  const own = error instanceof MongoBulkWriteError ? error.errorResponse : error;
  return own instanceof MongoError && own.name === "MongoWaitQueueTimeoutError";
}

/** Why there was no answer, without any content of the call. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof MongoError)) return error instanceof Error ? error.message : String(error);
  return error instanceof MongoServerError ? nameOf(error) : `${nameOf(error)}: ${error.message}`;
}

/** The hosts of a `mongodb+srv` URL come from the DNS, whose errors the driver passes on unchanged. */
function isOfNames(error: unknown): boolean {
  return error instanceof Error && "syscall" in error && String(error.syscall).startsWith("query");
}

/** Node's error codes for a write to a socket that is closed. */
const closedSocket: ReadonlySet<unknown> = new Set([
  "EPIPE",
  "ECONNRESET",
  "ERR_SOCKET_CLOSED",
  "ERR_STREAM_DESTROYED",
  "ERR_STREAM_WRITE_AFTER_END",
]);

/** The driver passes a socket error on unchanged if the connection breaks between its checkout and its use. */
function isOfSockets(error: unknown): boolean {
  return error instanceof Error && "code" in error && closedSocket.has(error.code);
}

function nameOf(error: MongoError): string {
  return [error.name, error.code, error instanceof MongoServerError ? error.codeName : undefined]
    .filter((part) => part !== undefined)
    .join(" ");
}
