import type { Chain } from "../../chain/chain.ts";
import { chunkGasLimit } from "../../chain/fees.ts";
import { timeOf } from "../methods/status.ts";
import { author, protocolVersion } from "./block-shape.ts";

const validatorKey = "ed25519:5TagutioHgKLh7KZ1VEFBYfgRkPtqnKm9LoMnJMJugxm";

/** Fields that the genesis and the protocol configuration share. */
export function networkShape(chain: Chain): Readonly<Record<string, unknown>> {
  return {
    protocol_version: protocolVersion,
    genesis_time: timeOf(chain.genesis),
    chain_id: chain.chainId,
    genesis_height: chain.genesis.height,
    num_block_producer_seats: 100,
    num_block_producer_seats_per_shard: chain.layout.shards.map(() => 100),
    avg_hidden_validator_seats_per_shard: chain.layout.shards.map(() => 0),
    dynamic_resharding: false,
    protocol_upgrade_stake_threshold: [4, 5],
    epoch_length: 43_200,
    gas_limit: chunkGasLimit,
    min_gas_price: `${chain.rules.gasPrice}`,
    max_gas_price: `${chain.rules.gasPrice}`,
    block_producer_kickout_threshold: 80,
    chunk_producer_kickout_threshold: 80,
    chunk_validator_only_kickout_threshold: 70,
    target_validator_mandates_per_shard: 68,
    online_min_threshold: [90, 100],
    online_max_threshold: [99, 100],
    gas_price_adjustment_rate: [1, 100],
    transaction_validity_period: chain.validityPeriod,
    protocol_reward_rate: [1, 10],
    max_inflation_rate: [1, 40],
    num_blocks_per_year: 52_560_000,
    protocol_treasury_account: "treasury.near",
    fishermen_threshold: "340282366920938463463374607431768211455",
    minimum_stake_divisor: 10,
    minimum_stake_ratio: [1, 62_500],
    minimum_validators_per_shard: 1,
    max_kickout_stake_perc: 30,
    shuffle_shard_assignment_for_chunk_producers: false,
    shard_layout: { V0: { num_shards: chain.layout.count, version: 0 } },
  };
}

/** nearcore's `GenesisConfig`. */
export function genesisShape(chain: Chain): unknown {
  const stake = `${10n ** 30n}`;
  return {
    ...networkShape(chain),
    validators: [{ account_id: author, public_key: validatorKey, amount: stake }],
    total_supply: `${10n ** 33n}`,
    chunk_producer_assignment_changes_limit: 5,
    num_chunk_only_producer_seats: 0,
    num_chunk_producer_seats: 100,
    num_chunk_validator_seats: 300,
    use_production_config: false,
  };
}
