import type { Bus } from "@outlayer/kit";
import type { Dice } from "./dice.ts";
import type { Network } from "./network.ts";
import type { SimProcess } from "./process.ts";
import type { Scheduler } from "./scheduler.ts";

interface Receiver {
  readonly process: SimProcess;
  readonly subject: string;
  readonly receive: (data: Uint8Array) => void;
}

/** A bus between processes, which tells late, or not at all. */
export class SimBus {
  /** Chance that a message is lost for one receiver. */
  lose = 0;
  readonly #scheduler: Scheduler;
  readonly #network: Network;
  readonly #dice: Dice;
  readonly #receivers = new Set<Receiver>();

  constructor(scheduler: Scheduler, network: Network, dice: Dice) {
    this.#scheduler = scheduler;
    this.#network = network;
    this.#dice = dice;
  }

  /** The bus as one process has it. */
  of(process: SimProcess): Bus {
    return {
      hearsOthers: true,
      publish: (subject, data) => process.whenRunning(() => this.#publish(subject, data)),
      subscribe: (subject, receive) => {
        const receiver = { process, subject, receive };
        this.#receivers.add(receiver);
        return () => this.#receivers.delete(receiver);
      },
    };
  }

  #publish(subject: string, data: Uint8Array): void {
    for (const receiver of [...this.#receivers]) {
      if (receiver.process.isDead) this.#receivers.delete(receiver);
      if (receiver.subject !== subject || receiver.process.isDead || this.#dice.chance(this.lose)) continue;
      this.#scheduler.after(this.#network.delayMs(), () => {
        receiver.process.whenRunning(() => {
          if (this.#receivers.has(receiver)) receiver.receive(data);
        });
      });
    }
  }
}
