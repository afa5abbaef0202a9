import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** Passes bytes on, until it cuts every connection as a dying host does. */
export interface TcpProxy {
  readonly url: string;
  cut(): Promise<void>;
  /** Breaks the connections there are; new ones get through. */
  breakConnections(): void;
  /** Takes connections and passes nothing on, in either direction, as a host does that stands still. */
  stall(): void;
  /** Passes on again, what came meanwhile first. */
  goOn(): void;
}

export async function startTcpProxy(target: string): Promise<TcpProxy> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  let isStalled = false;
  const keep = (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.once("close", () => sockets.delete(socket));
    return socket;
  };
  const server = createServer((socket) => {
    const upstream = keep(connect(Number(port), hostname));
    keep(socket).pipe(upstream).pipe(socket);
    if (isStalled) for (const side of [socket, upstream]) side.pause();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    breakConnections() {
      for (const socket of sockets) socket.resetAndDestroy();
    },
    stall() {
      isStalled = true;
      for (const socket of sockets) socket.pause();
    },
    goOn() {
      isStalled = false;
      for (const socket of sockets) socket.resume();
    },
    async cut() {
      server.close();
      for (const socket of sockets) socket.resetAndDestroy();
      await once(server, "close");
    },
  };
}
