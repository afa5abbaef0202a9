import type { Started } from "../source.ts";
import type { KillableServer, KillableServerMaker } from "./own.ts";

/** Starts a new server, which goes with its data when it is stopped, and where it could not be started. */
export async function startNew(maker: KillableServerMaker): Promise<Started> {
  const server: KillableServer = await (await maker())();
  try {
    await server.start();
  } catch (error) {
    await server.remove();
    throw error;
  }
  return { url: server.url, stop: () => server.remove() };
}
