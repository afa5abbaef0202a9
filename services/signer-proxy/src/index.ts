export { readSignerProxyConfig, type SignerProxyConfig } from "./config.ts";
export { createSignerProxy, type SignerProxyDeps } from "./service.ts";
