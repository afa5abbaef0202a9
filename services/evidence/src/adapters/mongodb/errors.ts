import { Code, Refusal, unavailable } from "@outlayer/kit";
import {
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
 * Codes by which a server says that it cannot answer now: it is being shut down, not the primary (any more), or another one
 * that it needs is away. The list of MongoDB's specification of retryable reads, what a write concern or a time limit that was
 * not met ends with, and 1, an internal error: of FerretDB when its PostgreSQL goes away. Only answers to writes have a label
 * that says so.
 */
const cannotAnswerNow: ReadonlySet<unknown> = new Set([
  1, 6, 7, 50, 64, 89, 91, 134, 189, 262, 9001, 10_107, 11_600, 11_602, 13_435, 13_436,
]);

/** The server refused a call. */
export class DatabaseRefused extends Error {
  override readonly name = "DatabaseRefused";
}

/** A call that was not made, since too many were under way. */
export class NotSent extends Refusal {
  constructor() {
    super(Code.Unavailable, "too many calls to the database are under way");
  }
}

/** What a caller is told: `Unavailable` where there was no answer. The driver's error may quote the document. */
export function translated(error: unknown): unknown {
  if (isUnanswered(error)) return noAnswer(reasonOf(error));
  return error instanceof MongoError ? new DatabaseRefused(`the database refused: ${nameOf(error)}`) : error;
}

/** @param reason for whoever runs the service */
export function noAnswer(reason: string): Refusal {
  const refusal = unavailable("the database gave no answer");
  refusal.cause = new Error(reason);
  return refusal;
}

/** Whether the call may have been carried out or not. */
export function isUnanswered(error: unknown): boolean {
  if (!(error instanceof MongoError)) return isOfNames(error) || isOfSockets(error);
  return (
    error instanceof MongoNetworkError ||
    error instanceof MongoServerSelectionError ||
    // Of a client that is being closed, or had no first connection yet.
    error instanceof MongoTopologyClosedError ||
    error instanceof MongoClientClosedError ||
    error instanceof MongoNotConnectedError ||
    // What the driver met and did not expect, rather than what the server said.
    error instanceof MongoRuntimeError ||
    isOfOwnQueue(error) ||
    error instanceof MongoWriteConcernError ||
    error.hasErrorLabel("RetryableWriteError") ||
    cannotAnswerNow.has(error.code)
  );
}

/** Whether it was not sent, since this process had too many calls under way: no sign that the database is away. */
export function isOfOwnQueue(error: unknown): boolean {
  // The class is not exported.
  return error instanceof MongoError && error.name === "MongoWaitQueueTimeoutError";
}

/** Why there was no answer, without anything of what was asked. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof MongoError)) return error instanceof Error ? error.message : String(error);
  return error instanceof MongoServerError ? nameOf(error) : `${nameOf(error)}: ${error.message}`;
}

/** The hosts of a `mongodb+srv` URL are asked of the DNS, whose errors the driver passes on as they are. */
function isOfNames(error: unknown): boolean {
  return error instanceof Error && "syscall" in error && String(error.syscall).startsWith("query");
}

/** Codes with which Node answers a write to a socket that the other side, or the driver, has closed by then. */
const closedSocket: ReadonlySet<unknown> = new Set([
  "EPIPE",
  "ECONNRESET",
  "ERR_SOCKET_CLOSED",
  "ERR_STREAM_DESTROYED",
  "ERR_STREAM_WRITE_AFTER_END",
]);

/** The driver passes such an error on as it is where the connection breaks between its taking and its use. */
function isOfSockets(error: unknown): boolean {
  return error instanceof Error && "code" in error && closedSocket.has(error.code);
}

function nameOf(error: MongoError): string {
  return [error.name, error.code, error instanceof MongoServerError ? error.codeName : undefined]
    .filter((part) => part !== undefined)
    .join(" ");
}
