import { yieldTimeoutBlocks } from "../../chain/apply-receipt.ts";
import type { Chain } from "../../chain/chain.ts";
import { fees, maxGasBurnt, maxTotalPrepaidGas } from "../../chain/fees.ts";
import { extCosts } from "./ext-costs.ts";
import { networkShape } from "./genesis-shape.ts";

type Fee = (typeof fees)[keyof typeof fees];

/** nearcore's `ProtocolConfigView`: limits and fees are those in force here, the rest only fills the shape. */
export function protocolShape(chain: Chain): unknown {
  return { ...networkShape(chain), runtime_config: runtimeShape() };
}

function runtimeShape(): unknown {
  return {
    storage_amount_per_byte: "10000000000000000000",
    transaction_costs: {
      action_receipt_creation_config: feeShape(fees.actionReceipt),
      data_receipt_creation_config: {
        base_cost: feeShape(fees.dataReceiptBase),
        cost_per_byte: feeShape(fees.dataReceiptByte),
      },
      action_creation_config: actionFees(),
      storage_usage_config: { num_bytes_account: 100, num_extra_bytes_record: 40 },
      burnt_gas_reward: [0, 1],
      pessimistic_gas_price_inflation_ratio: [1, 1],
    },
    wasm_config: wasmShape(),
    account_creation_config: { min_allowed_top_level_account_length: 65, registrar_account_id: "registrar" },
    congestion_control_config: congestionShape(),
    witness_config: {
      main_storage_proof_size_soft_limit: 4_000_000,
      combined_transactions_size_limit: 4_194_304,
      new_transactions_validation_state_size_soft_limit: 572_864,
    },
  };
}

function actionFees(): unknown {
  return {
    create_account_cost: feeShape(fees.createAccount),
    deploy_contract_cost: feeShape(fees.deploy),
    deploy_contract_cost_per_byte: feeShape(fees.deployByte),
    function_call_cost: feeShape(fees.call),
    function_call_cost_per_byte: feeShape(fees.callByte),
    transfer_cost: feeShape(fees.transfer),
    stake_cost: feeShape(fees.stake),
    add_key_cost: {
      full_access_cost: feeShape(fees.addFullKey),
      function_call_cost: feeShape(fees.addCallKey),
      function_call_cost_per_byte: feeShape(fees.addCallKeyByte),
    },
    delete_key_cost: feeShape(fees.deleteKey),
    delete_account_cost: feeShape(fees.deleteAccount),
    delegate_cost: feeShape(fees.delegate),
  };
}

function feeShape({ sendSir, sendNotSir, execution }: Fee): unknown {
  return { send_sir: sendSir, send_not_sir: sendNotSir, execution };
}

function wasmShape(): unknown {
  return {
    ext_costs: extCosts,
    grow_mem_cost: 1,
    regular_op_cost: 822_756,
    vm_kind: "NearVm",
    discard_custom_sections: true,
    saturating_float_to_int: true,
    reftypes_bulk_memory: true,
    global_contract_host_fns: true,
    storage_get_mode: "FlatStorage",
    fix_contract_loading_cost: false,
    implicit_account_creation: true,
    eth_implicit_accounts: true,
    limit_config: limits(),
  };
}

function limits(): unknown {
  return {
    max_gas_burnt: maxGasBurnt,
    max_stack_height: 262_144,
    contract_prepare_version: 2,
    initial_memory_pages: 1_024,
    max_memory_pages: 2_048,
    registers_memory_limit: 1_073_741_824,
    max_register_size: 104_857_600,
    max_number_registers: 100,
    max_number_logs: 100,
    max_total_log_length: 16_384,
    max_total_prepaid_gas: maxTotalPrepaidGas,
    max_actions_per_receipt: 100,
    max_number_bytes_method_names: 2_000,
    max_length_method_name: 256,
    max_arguments_length: 4_194_304,
    max_length_returned_data: 4_194_304,
    max_contract_size: 4_194_304,
    max_transaction_size: 1_572_864,
    max_receipt_size: 4_194_304,
    max_length_storage_key: 2_048,
    max_length_storage_value: 4_194_304,
    max_promises_per_function_call_action: 1_024,
    max_number_input_data_dependencies: 128,
    max_functions_number_per_contract: 10_000,
    max_locals_per_contract: 1_000_000,
    max_tables_per_contract: 1,
    max_elements_per_contract_table: 10_000,
    account_id_validity_rules_version: 1,
    yield_timeout_length_in_blocks: yieldTimeoutBlocks,
    max_yield_payload_size: 1_024,
    per_receipt_storage_proof_size_limit: 4_000_000,
  };
}

function congestionShape(): unknown {
  return {
    max_congestion_incoming_gas: 400_000_000_000_000_000n,
    max_congestion_outgoing_gas: 10_000_000_000_000_000n,
    max_congestion_memory_consumption: 1_000_000_000,
    max_congestion_missed_chunks: 125,
    max_outgoing_gas: 300_000_000_000_000_000n,
    min_outgoing_gas: 1_000_000_000_000_000n,
    allowed_shard_outgoing_gas: 1_000_000_000_000_000n,
    max_tx_gas: 500_000_000_000_000n,
    min_tx_gas: 20_000_000_000_000n,
    reject_tx_congestion_threshold: 0.8,
    outgoing_receipts_usual_size_limit: 102_400,
    outgoing_receipts_big_size_limit: 4_718_592,
  };
}
