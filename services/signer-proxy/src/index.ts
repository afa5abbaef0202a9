export { readSignerProxyConfig, type SignerProxyConfig } from "./config.ts";
export { createSignerProxy } from "./service.ts";
