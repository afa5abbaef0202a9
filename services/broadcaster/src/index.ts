export { type BroadcasterConfig, readBroadcasterConfig } from "./config.ts";
export { createBroadcaster } from "./service.ts";
