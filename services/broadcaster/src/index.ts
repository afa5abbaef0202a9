export {
  type BroadcasterConfig,
  type GateConfig,
  type OperatorKeys,
  readBroadcasterConfig,
  readGateConfig,
  readOptionalKeys,
} from "./config.ts";
export { gatePreflight } from "./gate-preflight.ts";
export { createBroadcaster } from "./service.ts";
