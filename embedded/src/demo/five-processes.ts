import { peakMemory, prepareReplicas } from "@outlayer/distributed";
import { serviceNames, systemPorts } from "@outlayer/kit";
import { borrowMongodb, borrowNats } from "@outlayer/test-servers";
import { localEnvironment } from "../local-environment.ts";
import { blockTimeMsOf, type NearChoice, startNear } from "../near.ts";
import { productInfo } from "../up-info.ts";
import type { RunningProduct, Started } from "./running-product.ts";
import { say } from "./say.ts";

/** Runs each service in a process of its own, on a MongoDB and a NATS. @throws Error that says what is missing or did not start */
export async function startFiveProcesses(choice: NearChoice, started: Started): Promise<RunningProduct> {
  say("Getting a MongoDB and a NATS; where they have to be set up first, once, this takes a minute or two ...");
  const mongodb = await borrowMongodb();
  started.defer(mongodb.stop);
  const nats = await borrowNats();
  started.defer(nats.stop);
  const near = await startNear(choice, say);
  started.defer(near.stop);
  say(`Starting the five services, each in a process of its own, on ${mongodb.name} and NATS ...`);
  const environment = {
    ...localEnvironment(near.info, blockTimeMsOf(choice), systemPorts().random),
    DATABASE_URL: mongodb.url,
    NATS_URL: nats.url,
  };
  const replicas = await prepareReplicas({ environment });
  started.defer(async () => void (await replicas.endAll()));
  await replicas.startAll();
  return {
    info: productInfo(replicas.addresses(), near.info, environment),
    peakMemory: () => serviceNames.map((name) => [name, peakMemory(replicas.running(name).pid)]),
  };
}
