import { keepServer, remedies } from "./kept.ts";
import { nameOf, newDatabase } from "./mongodb.ts";
import type { ServerKind } from "./servers.ts";
import type { Started } from "./source.ts";

/** A server for whoever is no test. */
export interface Borrowed extends Started {
  /** E.g. "MongoDB 8.0.4". */
  readonly name: string;
}

/** A database of its own, dropped by `stop`. @throws Error that says what to install where there is no MongoDB to be had */
export async function borrowMongodb(): Promise<Borrowed> {
  const server = await borrow("mongodb", "MongoDB");
  try {
    const { url, drop } = newDatabase(server.url);
    return {
      name: await nameOf(server.url),
      url,
      async stop() {
        await drop().finally(server.stop);
      },
    };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

/** With JetStream. @throws Error that says what to install where there is none to be had */
export function borrowNats(): Promise<Borrowed> {
  return borrow("nats", "NATS");
}

async function borrow(kind: ServerKind, name: string): Promise<Borrowed> {
  const { answer, stop } = await keepServer(kind);
  if (answer.kind === "started") return { name, url: answer.url, stop };
  await stop();
  throw new Error(`there is no ${name} to be had; one of these would do:${remedies(kind, answer.tried)}`);
}
