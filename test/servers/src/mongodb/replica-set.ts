import { MongoClient, MongoServerError } from "mongodb";

const alreadyInitiated = 23;
/** How long a set of one may take to elect itself; milliseconds. */
const electionMs = 30_000;

/**
 * Makes a lone mongod a replica set of one, unless it is, and waits until it is the primary: retryable writes need a set.
 * @param member the address by which the server knows itself
 */
export async function initiate(url: string, member: string): Promise<void> {
  const client = new MongoClient(url);
  try {
    const admin = client.db("admin");
    await admin.command({ replSetInitiate: { _id: "rs0", members: [{ _id: 0, host: member }] } }).catch((error) => {
      if (!(error instanceof MongoServerError && error.code === alreadyInitiated)) throw error;
    });
    const limit = Date.now() + electionMs;
    while ((await admin.command({ hello: 1 })).isWritablePrimary !== true) {
      if (Date.now() > limit) throw new Error(`${member} did not become the primary within ${electionMs} ms`);
      // The server tells of an election only when asked.
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  } finally {
    await client.close();
  }
}
