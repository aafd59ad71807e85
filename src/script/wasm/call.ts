import type { DomainOptions } from "../engine.ts";
import { ScriptStop } from "../fault.ts";
import type { Guest, GuestCall } from "./guest.ts";

/** The call that is going on, as the guests' imports see it. */
export class Call implements GuestCall {
  readonly host: DomainOptions["host"];
  readonly charge: (guest: Guest, cost: number) => void;
  readonly #hostCallsMax: number;
  entities: Int32Array | undefined;
  kind: "instructions" | "instructionsPerTick" = "instructions";
  row = 0;
  #hostCalls = 0;

  constructor({ host, budget }: Pick<DomainOptions, "host" | "budget">, charge: (guest: Guest, cost: number) => void) {
    this.host = host;
    this.#hostCallsMax = budget.hostCalls;
    this.charge = charge;
  }

  begin(entities: Int32Array | undefined, kind: "instructions" | "instructionsPerTick" = "instructions"): void {
    this.entities = entities;
    this.kind = kind;
    this.row = 0;
    this.#hostCalls = 0;
  }

  countHostCall(): void {
    const most = this.#hostCallsMax * Math.max(1, this.entities?.length ?? 1);
    if (++this.#hostCalls > most) throw new ScriptStop("hostCalls", `it called the host more than ${most} times`);
  }
}
