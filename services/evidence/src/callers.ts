import { LogService } from "@outlayer/contracts/outlayer/evidence/v1/log_service";
import { RecordService } from "@outlayer/contracts/outlayer/evidence/v1/record_service";
import { accepts } from "@outlayer/kit";

/** The planner opens workflows and writes down who wants them cancelled, the broadcaster what becomes of them. */
export const callers = {
  ...accepts(RecordService, {
    getRecord: "wallets",
    watchProgress: "wallets",
    getHistory: "wallets",
  }),
  ...accepts(LogService, {
    openWorkflow: ["planner"],
    appendEvent: ["broadcaster"],
    requestCancel: ["planner"],
    readEvents: ["broadcaster"],
    listOpenWorkflows: ["broadcaster"],
    reserveNonces: ["broadcaster"],
    getGateLog: ["broadcaster"],
    appendGateLog: ["broadcaster"],
    readUsage: ["broadcaster"],
    reserveUsage: ["broadcaster"],
    releaseUsage: ["broadcaster"],
    acquireLease: ["broadcaster"],
    renewLease: ["broadcaster"],
    releaseLease: ["broadcaster"],
  }),
};
