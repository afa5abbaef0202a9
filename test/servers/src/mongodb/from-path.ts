import type { Source } from "../source.ts";
import { mongodMaker } from "./mongod.ts";

export const fromPath: Source = {
  name: "mongod on PATH",
  remedy: "install MongoDB",
  async start() {
    const server = await (await mongodMaker())();
    try {
      await server.start();
    } catch (error) {
      await server.remove();
      throw error;
    }
    return { url: server.url, stop: () => server.remove() };
  },
};
