import { ControlError, type Fault } from "@outlayer/devnet";
import { encodeBase64, parseSecretKey, signTransaction } from "@outlayer/near";
import { calmWeather } from "./climate.ts";
import type { Dice } from "./dice.ts";
import { fairWeather, type Mishap } from "./network.ts";
import { goodNodes } from "./nodes.ts";
import { payloadOnChain } from "./payload-on-chain.ts";
import type { SimProcess } from "./process.ts";
import { type World, walletIds } from "./world.ts";

export interface ChaosOptions {
  readonly blockTimeMs: number;
  /** Until when things go wrong, milliseconds from the begin. */
  readonly untilMs: number;
  /** Rules when whoever signs has to wait; absent where nobody does. */
  readonly slowSigning?: Dice | undefined;
}

/** What was done to broadcasters, counted. */
export interface Interruptions {
  crashes: number;
  pauses: number;
  stops: number;
}

/** Calls at which it is worth crashing: something was, or is about to be, written or sent. */
const boundaries = ["AppendEvent", "AppendGateLog", "send_tx", "SignStep", "ReserveNonces", "ReserveUsage", ""];

/** Blocks: more than any history has. */
const mostOmitted = 100_000;

interface Doom {
  readonly kind: "crash_before" | "crash_after" | "pause";
  readonly at: string;
  /** Such messages still let through. */
  left: number;
}

/** Everything that goes wrong in a history, by its dice. Each trouble ends by itself, at the latest when the chaos does. */
export class Chaos {
  readonly interruptions: Interruptions = { crashes: 0, pauses: 0, stops: 0 };
  readonly #world: World;
  readonly #dice: Dice;
  readonly #options: ChaosOptions;
  readonly #dooms = new Set<Doom>();
  #foreignNonce = 0n;

  constructor(world: World, dice: Dice, options: ChaosOptions) {
    this.#world = world;
    this.#dice = dice;
    this.#options = options;
    world.network.mishapOf = (from, label) => this.#mishapOf(from, label);
  }

  /** Sets all of it up; it happens as time goes by. */
  begin(): void {
    const dice = this.#dice;
    this.#makeWeather();
    const troubles: readonly [most: number, trouble: () => void][] = [
      [4, () => this.#doom("crash_before")],
      [4, () => this.#doom("crash_after")],
      [3, () => this.#doom("pause")],
      [2, () => this.#stopCleanly()],
      [2, () => this.#stallChain()],
      [4, () => this.#fork()],
      [2, () => this.#rpcAway()],
      [4, () => this.#endpointTrouble()],
      [3, () => this.#upsetClock()],
      [1, () => this.#restartNode()],
      [2, () => this.#keystoreTrouble()],
      [3, () => this.#missBlocks()],
      [2, () => this.#foreignChain()],
      [1, () => this.#relayerPoor()],
      [2, () => this.#lockWallet()],
      [4, () => this.#carryPayload()],
      [2, () => this.#wake()],
    ];
    for (const [most, trouble] of troubles) {
      for (let left = dice.between(0, most); left > 0; left -= 1) {
        this.#world.scheduler.after(dice.between(1_000, this.#options.untilMs), trouble);
      }
    }
    if (this.#options.slowSigning !== undefined) this.#slowSigning(this.#options.slowSigning);
    this.#world.scheduler.after(this.#options.untilMs, () => this.#clearUp());
  }

  /** Signatures are old when they are sent then, and whoever has a key has it for long. Now and then, until the chaos ends. */
  #slowSigning(dice: Dice): void {
    const { scheduler, nodes } = this.#world;
    for (let left = dice.between(2, 4); left > 0; left -= 1) {
      const fromMs = dice.between(1_000, this.#options.untilMs);
      const tillMs = Math.min(fromMs + dice.between(15_000, 60_000), this.#options.untilMs);
      const takeMs = dice.between(2_000, 4_500);
      scheduler.after(fromMs, () => {
        this.#fault("slow_signing", `keys, signatures and sends take ${takeMs} ms`);
        nodes.signingTakesMs = takeMs;
      });
      scheduler.after(tillMs, () => {
        nodes.signingTakesMs = 0;
      });
    }
  }

  #makeWeather(): void {
    const { network, bus, nodes } = this.#world;
    const dice = this.#dice;
    const strength = dice.pick([0, 0.3, 1, 2]);
    const chance = (most: number) => strength * most * dice.fraction();
    network.weather = {
      usualMs: dice.pick([5, 20, 60]),
      late: chance(0.02),
      latestMs: dice.pick([300, 2_000, 7_000]),
      loseRequest: chance(0.02),
      loseAnswer: chance(0.02),
      double: chance(0.02),
    };
    nodes.weather = {
      fail: chance(0.02),
      lag: chance(0.05),
      hideTransaction: chance(0.1),
      arriveLate: chance(0.2),
      keystore: chance(0.05),
    };
    bus.lose = chance(0.5);
  }

  #clearUp(): void {
    const { network, bus, nodes, devnet, hosts } = this.#world;
    this.#world.trace.note("* fair weather from here on");
    network.weather = fairWeather;
    nodes.weather = goodNodes;
    bus.lose = 0;
    devnet.controls.blocks.go();
    devnet.controls.blocks.setWeather(calmWeather);
    for (const host of hosts) host.correct();
    this.#dooms.clear();
  }

  /** What is to happen happens at a message, to whichever broadcaster sends it. */
  #mishapOf(from: SimProcess, label: string): Mishap {
    const slot = this.#world.broadcasters.findIndex((running) => running?.process === from);
    if (slot === -1) return undefined;
    for (const doom of this.#dooms) {
      if (!label.includes(doom.at)) continue;
      doom.left -= 1;
      if (doom.left > 0) continue;
      this.#dooms.delete(doom);
      if (doom.kind === "pause") this.#pause(from);
      else this.#crash(slot);
      return doom.kind;
    }
    return undefined;
  }

  #doom(kind: Doom["kind"]): void {
    this.#dooms.add({ kind, at: this.#dice.pick(boundaries), left: this.#dice.between(1, 6) });
  }

  #crash(slot: number): void {
    this.interruptions.crashes += 1;
    this.#world.vacate(slot);
    this.#startAgain(slot);
  }

  #pause(process: SimProcess): void {
    this.interruptions.pauses += 1;
    // Many of these end about when another process takes the lease.
    const ms = this.#dice.pick([700, 4_000, 8_000, 20_000, 60_000]);
    this.#world.scheduler.after(this.#dice.between(ms / 2, ms), () => {
      if (!process.isDead) this.#world.trace.note(`* ${process.name} goes on`);
      process.goOn();
    });
  }

  #stopCleanly(): void {
    const slot = this.#anySlot();
    const running = slot === undefined ? undefined : this.#world.broadcasters[slot];
    if (slot === undefined || running === undefined || running.process.isPaused) return;
    this.interruptions.stops += 1;
    this.#note(`${running.process.name} is asked to stop`);
    this.#world.vacate(slot);
    let isGone = false;
    const gone = () => {
      if (isGone) return;
      isGone = true;
      this.#note(`${running.process.name} is gone`);
      running.process.kill();
      this.#startAgain(slot);
    };
    running.service.stop().then(gone);
    // As the process does that will not wait any longer.
    this.#world.scheduler.after(25_000, gone);
  }

  #startAgain(slot: number): void {
    this.#world.scheduler.after(this.#dice.between(50, 15_000), () => void this.#world.startBroadcaster(slot));
  }

  #anySlot(): number | undefined {
    const slots = this.#world.broadcasters.flatMap((running, slot) => (running === undefined ? [] : [slot]));
    return slots.length === 0 ? undefined : this.#dice.pick(slots);
  }

  #stallChain(): void {
    const { blocks } = this.#world.devnet.controls;
    const stalled = this.#dice.between(2, 50);
    this.#fault("chain_stalled", `the chain stands for ${stalled} blocks`);
    blocks.stop();
    this.#world.scheduler.after(stalled * this.#options.blockTimeMs, () => blocks.go());
  }

  #fork(): void {
    const { chain, controls } = this.#world.devnet;
    const possible = chain.mostReplaced;
    if (chain.isForked || possible < 1) return;
    const dice = this.#dice;
    const fork = {
      depth: dice.between(1, possible),
      heights: dice.pick(["above", "same"] as const),
      transactions: dice.pick(["return", "drop"] as const),
    };
    this.#fault("fork", `fork of ${fork.depth}, heights ${fork.heights}, transactions ${fork.transactions}`);
    controls.blocks.fork(fork);
    const winner = dice.pick(["old", "new"] as const);
    this.#world.scheduler.after(dice.between(1, 2) * this.#options.blockTimeMs, () => {
      if (!chain.isForked) return;
      this.#note(`the ${winner} fork wins`);
      controls.blocks.settle(winner);
    });
  }

  #rpcAway(): void {
    const { rpc } = this.#world.devnet.controls;
    this.#fault("rpc_away", "the RPC is away");
    rpc.setAway(true);
    this.#world.scheduler.after(this.#dice.between(500, 20_000), () => rpc.setAway(false));
  }

  #endpointTrouble(): void {
    const endpoint = this.#dice.pick(this.#world.nodes.endpoints);
    const isAway = this.#dice.chance(0.3);
    const lasting = isAway ? undefined : this.#lastingFault();
    const kind = lasting?.kind ?? "away";
    this.#fault(`endpoint_${kind}`, `endpoint ${endpoint.name}: ${kind}`);
    endpoint.isAway = isAway;
    endpoint.lasting = lasting;
    this.#world.scheduler.after(this.#dice.between(2_000, 90_000), () => {
      if (isAway) endpoint.isAway = false;
      // Another one may have come meanwhile.
      if (endpoint.lasting === lasting) endpoint.lasting = undefined;
    });
  }

  /** What an endpoint may do for a while that answers. */
  #lastingFault(): Fault {
    const { chain } = this.#world.devnet;
    const dice = this.#dice;
    switch (dice.between(0, 3)) {
      case 0:
        return { kind: "lag", blocks: dice.between(1, 8) };
      case 1:
        return { kind: "still", height: this.#world.height };
      case 2:
        // Where every endpoint leaves out the same transactions, they are as good as not there for whoever asks.
        return this.#world.nodes.endpoints.some(({ lasting }) => lasting?.kind === "unknown_transaction")
          ? { kind: "still", height: this.#world.height }
          : { kind: "unknown_transaction", blocks: mostOmitted };
      default: {
        const shards = chain.layout.shards.filter(() => dice.chance(0.5));
        return { kind: "untracked", shards, says: dice.pick(["so", "nothing"] as const) };
      }
    }
  }

  /** The clock of a broadcaster's host is off for a while. */
  #upsetClock(): void {
    const host = this.#dice.pick(this.#world.hosts);
    const before = host.now();
    host.upset(this.#dice);
    this.#fault("clock_upset", `a host's clock jumps by ${host.now() - before} ms`);
    this.#world.scheduler.after(this.#dice.between(5_000, 120_000), () => host.correct());
  }

  #restartNode(): void {
    const { chain, controls } = this.#world.devnet;
    this.#fault("node_restart", `the node starts again, and forgets ${chain.pool.size} transactions`);
    for (const { hash } of chain.pool.ordered()) chain.pool.delete(hash);
    controls.rpc.setAway(true);
    this.#world.scheduler.after(this.#dice.between(500, 5_000), () => controls.rpc.setAway(false));
  }

  #keystoreTrouble(): void {
    const { keystore } = this.#world.devnet.controls;
    const ms = this.#dice.between(1_000, 30_000);
    if (this.#dice.chance(0.5)) {
      this.#fault("keystore_away", "the keystore is away");
      keystore.setAway(true);
      this.#world.scheduler.after(ms, () => keystore.setAway(false));
    } else {
      this.#fault("keystore_not_ready", "the keystore is not ready");
      keystore.setReadiness("not_ready");
      this.#world.scheduler.after(ms, () => keystore.setReadiness("ready"));
    }
  }

  #missBlocks(): void {
    const missedChunk = this.#dice.chance(0.5);
    const blocks = this.#dice.between(1, 3);
    this.#fault(missedChunk ? "missed_chunks" : "missed_heights", `${blocks} missed`);
    const { controls } = this.#world.devnet;
    if (missedChunk) controls.blocks.mine({ blocks, missedChunk });
    else controls.blocks.mine({ blocks: 1, skipHeights: blocks });
  }

  #foreignChain(): void {
    const { gate } = this.#world.devnet.controls;
    this.#fault("foreign_chain", "somebody else uses the gate");
    const calls = this.#dice.chance(0.7) ? this.#dice.between(2, 4) : undefined;
    try {
      const action = calls === undefined ? gate.foreignPending() : gate.foreignChain(calls);
      action.done.catch(() => {});
    } catch (error) {
      // The chain does not take it where it has just forked.
      if (!(error instanceof ControlError)) throw error;
      this.#note(`somebody else cannot: ${error.message}`);
    }
  }

  #relayerPoor(): void {
    const { accounts } = this.#world.devnet.controls;
    const { accountId } = this.#world.devnet.relayer;
    const before = accounts.get(accountId)?.amount ?? 0n;
    this.#fault("relayer_poor", "the relayer has next to nothing");
    accounts.setBalance(accountId, 10n ** 24n);
    this.#world.scheduler.after(this.#dice.between(10_000, 60_000), () => accounts.setBalance(accountId, before));
  }

  /** Payloads of a locked account fail; once it is open again, anybody may still carry them to the verifier. */
  #lockWallet(): void {
    const { verifier, wallets } = this.#world.devnet.controls;
    const { accountId } = wallets.get(this.#dice.pick(walletIds));
    this.#fault("wallet_locked", `${accountId.slice(0, 6)} is locked`);
    verifier.setLocked(accountId, true);
    this.#world.scheduler.after(this.#dice.between(3_000, 30_000), () => verifier.setLocked(accountId, false));
  }

  /** Somebody takes a payload from a submission on chain and brings it to the verifier himself. */
  #carryPayload(): void {
    const payload = payloadOnChain(this.#world.devnet, this.#dice);
    if (payload === undefined) return;
    this.#fault("payload_carried", "somebody carries a payload to the verifier");
    this.#callAsUser(this.#world.devnet.verifierId, "execute_intents", payload);
  }

  /** Somebody brings payloads to the verifier that he has from elsewhere. @param args of `execute_intents` */
  carry(args: string): void {
    this.#fault("own_payload_carried", "somebody carries a session's payload to the verifier");
    this.#callAsUser(this.#world.devnet.verifierId, "execute_intents", args);
  }

  #callAsUser(receiverId: string, methodName: string, args: string): void {
    const { devnet } = this.#world;
    const { accountId, secretKey } = devnet.accounts.find((one) => one.accountId === "mike.near") ?? devnet.relayer;
    const key = parseSecretKey(secretKey);
    const known = devnet.chain.view().state().accessKey(accountId, key.publicKey)?.nonce ?? 0n;
    this.#foreignNonce = (known > this.#foreignNonce ? known : this.#foreignNonce) + 1n;
    const { bytes } = signTransaction(
      {
        signerId: accountId,
        nonce: this.#foreignNonce,
        receiverId,
        blockHash: devnet.chain.view().final().hash,
        methodName,
        args: new TextEncoder().encode(args),
        gas: 100_000_000_000_000n,
        deposit: 0n,
      },
      key,
    );
    const params = { signed_tx_base64: encodeBase64(bytes), wait_until: "NONE" };
    const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "send_tx", params });
    devnet.fetch(devnet.rpcUrl, { method: "POST", body }).catch(() => {});
  }

  /** The contract that means ill answers what it was called for. */
  #wake(): void {
    this.#fault("woken", "the contract that means ill is woken");
    this.#callAsUser("hostile.near", "wake", "{}");
  }

  #fault(kind: string, text: string): void {
    this.#world.tally.fault(kind);
    this.#note(text);
  }

  #note(text: string): void {
    this.#world.trace.note(`* ${text}`);
  }
}
