import { startContainer } from "../docker.ts";
import type { Source } from "../source.ts";

export const fromDocker: Source = {
  name: "nats:2 in Docker",
  remedy: "start Docker",
  start() {
    const image = { image: "nats:2", command: ["-js"], port: 4222, ready: /Server is ready/ };
    return startContainer(image, (address) => `nats://${address}`);
  },
};
