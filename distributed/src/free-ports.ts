import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { createServer } from "node:net";
import { type Random, systemPorts } from "@outlayer/kit";

/** Ports that nobody else is given before they are released, or the process ends. */
export interface FreePorts {
  readonly ports: readonly number[];
  release(): void;
}

/**
 * Ports of loopback that were free a moment ago, below the range of outgoing connections and of port 0: a port from there could be
 * taken again before its service starts, or restarts. Until they are released, a UDP socket on each tells every other process that
 * looks for ports that it is given away: the service itself listens on TCP.
 */
export async function freePorts(count: number, random: Random = systemPorts().random): Promise<FreePorts> {
  const found = new Map<number, Socket>();
  while (found.size < count) {
    const port = anyPort(random);
    const marker = await marked(port);
    if (marker === undefined) continue;
    if (await isFree(port)) found.set(port, marker);
    else marker.close();
  }
  return {
    ports: [...found.keys()],
    release() {
      for (const marker of found.values()) marker.close();
      found.clear();
    },
  };
}

/** Undefined where the port is given away. */
async function marked(port: number): Promise<Socket | undefined> {
  const socket = createSocket("udp4").unref();
  socket.bind({ address: "127.0.0.1", port, exclusive: true });
  if (await happens(once(socket, "listening"))) return socket;
  socket.close();
  return undefined;
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, "127.0.0.1");
  if (!(await happens(once(server, "listening")))) return false;
  await once(server.close(), "close");
  return true;
}

/** Whether the event comes, and no error. */
const happens = (event: Promise<unknown>): Promise<boolean> =>
  event.then(
    () => true,
    () => false,
  );

/** From 10,000 to 29,999. */
function anyPort(random: Random): number {
  return 10_000 + (Buffer.from(random.bytes(4)).readUInt32BE() % 20_000);
}
