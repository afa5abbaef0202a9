import type { ContainerRuntimeClient } from "testcontainers";
import { Absent, type Started } from "./source.ts";

export interface Image {
  readonly image: string;
  readonly command: readonly string[];
  readonly port: number;
  /** Of the host; any that is free by default. */
  readonly hostPort?: number;
  /** The line by which the server says that it takes connections. */
  readonly ready: RegExp;
}

/** Starts a container; the library removes it even when this process is killed. */
export async function startContainer(
  { image, command, port, hostPort, ready }: Image,
  urlOf: (address: string) => string,
): Promise<Started & { readonly id: string }> {
  await needDocker();
  const { GenericContainer, Wait } = await import("testcontainers");
  const container = await new GenericContainer(image)
    .withCommand([...command])
    .withExposedPorts(hostPort === undefined ? port : { container: port, host: hostPort })
    .withWaitStrategy(Wait.forLogMessage(ready))
    .start();
  return {
    id: container.getId(),
    url: urlOf(`${container.getHost()}:${container.getMappedPort(port)}`),
    async stop() {
      await container.stop();
    },
  };
}

/** @throws Absent where none answers */
export async function needDocker(): Promise<ContainerRuntimeClient> {
  const { getContainerRuntimeClient } = await import("testcontainers");
  return getContainerRuntimeClient().catch(() => {
    throw new Absent("no Docker answers");
  });
}
