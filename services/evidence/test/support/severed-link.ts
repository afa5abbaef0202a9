import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** A TCP connection to a server that can lose the server's answers, or be away. */
export interface SeveredLink {
  readonly port: number;
  /** From now on, this many messages that hold the text reach the server, and their answers nobody: the connection breaks. */
  loseAnswersTo(text: string, times: number): void;
  /** How many answers were lost. */
  readonly lost: number;
  close(): Promise<void>;
}

/** @param port of the server on loopback; 0 for a server that is away */
export async function severedLink(host: string, port: number): Promise<SeveredLink> {
  const open = new Set<Socket>();
  let wanted = { text: "", times: 0 };
  let lost = 0;
  const server = createServer((client) => {
    const upstream = connect(port, host);
    let losing = false;
    const breakOff = () => {
      for (const socket of [client, upstream]) {
        open.delete(socket);
        socket.destroy();
      }
    };
    for (const socket of [client, upstream]) {
      open.add(socket);
      socket.on("error", breakOff).on("close", breakOff);
    }
    client.on("data", (chunk) => {
      if (wanted.times > 0 && chunk.includes(wanted.text)) {
        wanted = { ...wanted, times: wanted.times - 1 };
        losing = true;
      }
      upstream.write(chunk);
    });
    upstream.on("data", (chunk) => {
      if (!losing) {
        client.write(chunk);
        return;
      }
      lost += 1;
      breakOff();
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    loseAnswersTo(text, times) {
      wanted = { text, times };
    },
    get lost() {
      return lost;
    },
    async close() {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
