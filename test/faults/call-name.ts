import { fromBinary } from "@bufbuild/protobuf";
import {
  AcquireLeaseRequestSchema,
  AppendEventRequestSchema,
  AppendGateLogRequestSchema,
} from "@outlayer/contracts/outlayer/evidence/v1/log_service";
import { decodeBase64, decodeTransaction } from "@outlayer/near";
import { presenceHolder } from "@outlayer/workflow";
import type { Passage } from "./toll.ts";

/** A call as traps know it. */
export interface NamedCall {
  readonly name: string;
  /** The workflow it is about, where it says so. */
  readonly requestId?: string | undefined;
}

/** A call to a service: its method, and of an append what is appended. */
export function serviceCall({ path, body }: Passage): NamedCall {
  const method = path.slice(path.lastIndexOf("/") + 1);
  switch (method) {
    case "AppendEvent": {
      const { requestId, event } = fromBinary(AppendEventRequestSchema, body);
      return { name: `append ${event?.kind.case}`, requestId };
    }
    case "AppendGateLog": {
      const { change } = fromBinary(AppendGateLogRequestSchema, body);
      const [what, requestId] = change.split(/[ :]/);
      return { name: `append to the gate's log: ${what}`, requestId };
    }
    case "AcquireLease": {
      const { resource } = fromBinary(AcquireLeaseRequestSchema, body);
      return { name: presenceHolder(resource) === undefined ? method : `${method} of its presence` };
    }
    default:
      return { name: method };
  }
}

/** Calls to a node: the method, and what it is about, as far as that tells calls of a different purpose apart. */
export class NodeCalls {
  /** What each transaction that was sent calls, by hash. */
  readonly #sent = new Map<string, string>();

  call({ body }: Passage): NamedCall {
    return { name: this.#nameOf(JSON.parse(Buffer.from(body).toString())) };
  }

  // biome-ignore lint/suspicious/noExplicitAny: parameters of every method
  #nameOf({ method, params }: { readonly method: string; readonly params: any }): string {
    switch (method) {
      case "send_tx": {
        const { hash, transaction } = decodeTransaction(decodeBase64(params.signed_tx_base64));
        this.#sent.set(hash, transaction.methodName);
        return `send ${transaction.methodName}`;
      }
      case "EXPERIMENTAL_tx_status":
        return `status of ${this.#sent.get(params.tx_hash) ?? "what was not sent yet"}`;
      case "query":
        return `query ${params.method_name ?? params.request_type}`;
      case "block":
        return `block ${params.finality ?? "by its hash"}`;
      default:
        return method;
    }
  }
}
