import { LogService } from "@outlayer/contracts/outlayer/evidence/v1/log_service";
import { RecordService } from "@outlayer/contracts/outlayer/evidence/v1/record_service";
import { SessionService } from "@outlayer/contracts/outlayer/evidence/v1/session_service";
import { accepts, upTo } from "@outlayer/kit";

/** An event can hold the body of a request, its plan, or an answer of the chain. */
const eventBytes = 4 * 1024 * 1024;

/**
 * The planner opens workflows and records cancel requests, and asks how gates are by the list of leases; the broadcaster appends the
 * other events.
 */
export const callers = {
  ...accepts(RecordService, {
    getRecord: "clients",
    watchProgress: "clients",
    getHistory: "clients",
  }),
  ...accepts(LogService, {
    openWorkflow: upTo(eventBytes, ["planner"]),
    appendEvent: upTo(eventBytes, ["broadcaster"]),
    requestCancel: ["planner"],
    countPlan: ["planner"],
    chargeOperator: ["broadcaster"],
    readEvents: ["broadcaster"],
    listOpenWorkflows: ["broadcaster"],
    reserveNonces: ["broadcaster"],
    getGateLog: ["broadcaster"],
    appendGateLog: upTo(eventBytes, ["broadcaster"]),
    readUsage: ["broadcaster"],
    reserveUsage: ["broadcaster"],
    releaseUsage: ["broadcaster"],
    acquireLease: ["broadcaster"],
    renewLease: ["broadcaster"],
    releaseLease: ["broadcaster"],
    listLeases: ["broadcaster", "planner"],
  }),
  ...accepts(SessionService, {
    useChallenge: ["planner"],
    revokeSession: ["planner"],
    getSession: ["gateway", "planner"],
    listSignedIn: ["broadcaster"],
  }),
};
