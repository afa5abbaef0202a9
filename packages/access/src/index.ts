export * from "./account-settings.ts";
export * from "./direct-user-scopes.ts";
export * from "./log-fields.ts";
export * from "./quota.ts";
export * from "./usage-proofs.ts";
export * from "./wallet-access.ts";
export * from "./wallet-auth.ts";
export * from "./wallet-slots.ts";
