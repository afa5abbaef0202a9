export { freePorts } from "./free-ports.ts";
export { type LogLine, peakMemory, Replica, sourceOf, spawnService } from "./replica.ts";
export { type Addresses, prepareReplicas, Replicas, type ReplicasOptions } from "./replicas.ts";
export { ownVariables } from "./variables.ts";
