export * from "./account-id.ts";
export * from "./delegate.ts";
export * from "./encoding.ts";
export * from "./keys.ts";
export * from "./nep413.ts";
export * from "./token-id.ts";
export * from "./transaction.ts";
export * from "./verifier-nonce.ts";
