export {
  type BroadcasterConfig,
  type GateConfig,
  type OperatorKeys,
  readBroadcasterConfig,
  readGatesToCheck,
} from "./config.ts";
export { checkFromOutside } from "./outside-checks.ts";
export { createBroadcaster } from "./service.ts";
