import type { StartedTestContainer } from "testcontainers";
import { Absent, type Started } from "./source.ts";

export interface Image {
  readonly image: string;
  readonly command: readonly string[];
  readonly port: number;
  /** The line by which the server says that it takes connections. */
  readonly ready: RegExp;
}

/** Starts a container; the library removes it even when this process is killed. */
export async function startContainer(
  { image, command, port, ready }: Image,
  urlOf: (address: string) => string,
): Promise<Started & { readonly container: StartedTestContainer }> {
  const { GenericContainer, getContainerRuntimeClient, Wait } = await import("testcontainers");
  await getContainerRuntimeClient().catch(() => {
    throw new Absent("no Docker answers");
  });
  const container = await new GenericContainer(image)
    .withCommand([...command])
    .withExposedPorts(port)
    .withWaitStrategy(Wait.forLogMessage(ready))
    .start();
  return {
    container,
    url: urlOf(`${container.getHost()}:${container.getMappedPort(port)}`),
    async stop() {
      await container.stop();
    },
  };
}
