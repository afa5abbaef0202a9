import { type Image, needDocker, startContainer } from "../docker.ts";
import { freePort } from "../free-port.ts";
import type { Source, Started } from "../source.ts";
import type { KillableServer } from "./own.ts";
import { initiate } from "./replica-set.ts";

const image: Image = {
  image: "mongo:8",
  command: ["--replSet", "rs0", "--bind_ip_all"],
  port: 27017,
  ready: /Waiting for connections/,
};

// The set's only member calls itself by an address within the container.
const urlOf = (address: string) => `mongodb://${address}/?directConnection=true`;
const member = "127.0.0.1:27017";

export const fromDocker: Source = {
  name: "mongo:8 in Docker",
  remedy: "start Docker",
  start: () => startMongodb(image),
};

async function startMongodb(which: Image) {
  const server = await startContainer(which, urlOf);
  try {
    await initiate(server.url, member);
  } catch (error) {
    await server.stop();
    throw error;
  }
  return server;
}

/** @throws Absent where no Docker answers */
export async function containerMaker(): Promise<() => Promise<KillableServer>> {
  const { container: containers } = await needDocker();
  return async () => {
    // One of our own choice, since it has to be the same after a restart.
    const hostPort = await freePort();
    const url = urlOf(`127.0.0.1:${hostPort}`);
    let server: (Started & { readonly id: string }) | undefined;
    let isRunning = false;
    return {
      url,
      async start() {
        if (server === undefined) server = await startMongodb({ ...image, hostPort });
        else if (!isRunning) {
          await containers.getById(server.id).start();
          await initiate(url, member);
        }
        isRunning = true;
      },
      async kill() {
        if (isRunning && server !== undefined) await containers.getById(server.id).kill();
        isRunning = false;
      },
      async remove() {
        await server?.stop();
      },
    };
  };
}
