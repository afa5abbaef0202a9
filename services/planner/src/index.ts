export { type PlannerConfig, readPlannerConfig } from "./config.ts";
export { createPlanner } from "./service.ts";
