import { once } from "node:events";
import { createServer } from "node:net";
import { type Random, systemPorts } from "@outlayer/kit";

/**
 * Ports of loopback that were free a moment ago, below the range of outgoing connections and of port 0: a port from there could be
 * taken again before its service starts, or restarts.
 */
export async function freePorts(count: number): Promise<readonly number[]> {
  const { random } = systemPorts();
  const found = new Set<number>();
  while (found.size < count) {
    const port = anyPort(random);
    const server = createServer().listen(port, "127.0.0.1");
    const isFree = await Promise.race([
      once(server, "listening").then(() => true),
      once(server, "error").then(() => false),
    ]).catch(() => false);
    if (!isFree) continue;
    found.add(port);
    await once(server.close(), "close");
  }
  return [...found];
}

/** From 10,000 to 29,999. */
function anyPort(random: Random): number {
  return 10_000 + (Buffer.from(random.bytes(4)).readUInt32BE() % 20_000);
}
