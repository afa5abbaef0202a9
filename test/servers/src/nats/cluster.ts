import { freePort } from "../free-port.ts";
import type { NewNats, OwnNats } from "./own.ts";

/** Servers of one cluster, which know of each other. */
export async function natsCluster(newNats: NewNats, size: number): Promise<readonly OwnNats[]> {
  const ports = await Promise.all(Array.from({ length: size }, freePort));
  const routes = ports.map((port) => `nats://127.0.0.1:${port}`);
  const made = routes.map((route, index) => {
    const args = ["-n", `node-${index}`, "--cluster_name", "tests", "--cluster", route, "--routes", routes.join(",")];
    return newNats({ args });
  });
  return Promise.all(made);
}
