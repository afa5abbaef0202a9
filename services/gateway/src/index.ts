export { type GatewayConfig, readGatewayConfig } from "./config.ts";
export { createGateway, type Gateway } from "./service.ts";
