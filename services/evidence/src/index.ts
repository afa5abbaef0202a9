export { type EvidenceConfig, readEvidenceConfig } from "./config.ts";
export { createEvidence } from "./service.ts";
export { defaultRules } from "./wallet-quotas.ts";
