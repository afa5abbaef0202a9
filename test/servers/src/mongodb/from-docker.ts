import { startContainer } from "../docker.ts";
import type { Source } from "../source.ts";
import { initiate } from "./replica-set.ts";

export const fromDocker: Source = {
  name: "mongo:8 in Docker",
  remedy: "start Docker",
  async start() {
    const image = {
      image: "mongo:8",
      command: ["--replSet", "rs0", "--bind_ip_all"],
      port: 27017,
      ready: /Waiting for connections/,
    };
    // The set's only member calls itself by an address within the container.
    const server = await startContainer(image, (address) => `mongodb://${address}/?directConnection=true`);
    try {
      await initiate(server.url, "127.0.0.1:27017");
    } catch (error) {
      await server.stop();
      throw error;
    }
    return server;
  },
};
