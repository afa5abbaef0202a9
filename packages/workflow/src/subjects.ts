/** Evidence publishes here that a workflow's log has grown; the data is the version in decimal. Older programs send no data. */
export const readersSubject = (requestId: string) => `wallet.news.${requestId}`;

/**
 * Evidence publishes here that a workflow of the partition was opened, or is to be cancelled; the data is its request id in UTF-8.
 */
export const workSubject = (partition: string) => `wallet.work.${partition}`;

/** A broadcaster publishes here that it has released a lease; the data is the lease's name in UTF-8. */
export const leaseSubject = "wallet.lease";

/** A broadcaster publishes here that a key of a watched account is stale, or is no more; the data is a `KeyEvent` in protobuf. */
export const keysSubject = (accountId: string) => `wallet.keys.${accountId}`;
