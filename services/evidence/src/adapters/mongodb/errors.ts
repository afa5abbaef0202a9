import { type Refusal, unavailable } from "@outlayer/kit";
import {
  MongoError,
  MongoNetworkError,
  MongoServerError,
  MongoServerSelectionError,
  MongoWriteConcernError,
} from "mongodb";

const writeConcernFailed = 64;
const maxTimeExpired = 50;

/**
 * Runs a call of the driver. Where the database gave no answer the caller sees `Unavailable`, and the outcome is unknown.
 * A driver's error never leaves as it is: it may quote the document.
 */
export async function answered<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw translated(error);
  }
}

export function translated(error: unknown): unknown {
  if (!(error instanceof MongoError)) return error;
  if (!isUnanswered(error)) return new Error(`the database refused: ${nameOf(error)}`);
  const refusal: Refusal = unavailable("the database gave no answer");
  refusal.cause = new Error(`${nameOf(error)}: ${error instanceof MongoServerError ? "" : error.message}`);
  return refusal;
}

/** Whether the call may have been carried out or not. */
export function isUnanswered(error: unknown): boolean {
  if (!(error instanceof MongoError)) return false;
  return (
    error instanceof MongoNetworkError ||
    error instanceof MongoServerSelectionError ||
    // The class is not exported.
    error.name === "MongoWaitQueueTimeoutError" ||
    error instanceof MongoWriteConcernError ||
    error.hasErrorLabel("RetryableWriteError") ||
    error.code === maxTimeExpired ||
    error.code === writeConcernFailed
  );
}

function nameOf(error: MongoError): string {
  return [error.name, error.code, error instanceof MongoServerError ? error.codeName : undefined]
    .filter((part) => part !== undefined)
    .join(" ");
}
