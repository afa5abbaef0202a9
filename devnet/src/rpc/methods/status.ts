import type { Block } from "../../chain/block.ts";
import { deriveId } from "../../chain/ids.ts";
import type { RpcCall } from "../rpc-call.ts";
import { author, epochId, protocolVersion } from "../shapes/block-shape.ts";

const nodeKey = "ed25519:7PGseFbWxvYVgZ89K1uTJKYoKetWs7BJtbyXDzfbAcqX";

/** `status`, and `GET /status`. */
export function status(call: RpcCall): unknown {
  const view = call.view();
  const { chain, head } = view;
  const earliest = view.earliest();
  return {
    version: { version: "devnet", build: "devnet", commit: "devnet", rustc_version: "none" },
    chain_id: chain.chainId,
    protocol_version: protocolVersion,
    latest_protocol_version: protocolVersion,
    rpc_addr: null,
    validators: [{ account_id: author, is_slashed: false }],
    sync_info: {
      latest_block_hash: head.hash,
      latest_block_height: head.height,
      latest_state_root: deriveId("state root", head.hash),
      latest_block_time: timeOf(head),
      syncing: false,
      earliest_block_hash: earliest.hash,
      earliest_block_height: earliest.height,
      earliest_block_time: timeOf(earliest),
      epoch_id: epochId(view),
      epoch_start_height: chain.genesis.height,
    },
    validator_account_id: null,
    validator_public_key: null,
    node_public_key: nodeKey,
    node_key: null,
    uptime_sec: (head.timestampNs - chain.genesis.timestampNs) / 1_000_000_000n,
    genesis_hash: chain.genesis.hash,
    detailed_debug_status: null,
  };
}

/** RFC 3339 with nanoseconds. */
export function timeOf({ timestampNs }: Block): string {
  const seconds = new Date(Number(timestampNs / 1_000_000n)).toISOString().slice(0, 19);
  return `${seconds}.${`${timestampNs % 1_000_000_000n}`.padStart(9, "0")}Z`;
}
