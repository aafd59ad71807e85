/** The thread of the other city of {@link halvedTicks}. */
import { workerData } from "node:worker_threads";
import { serial } from "../../src/index.ts";
import { cityTicks, type OtherCity, order } from "./city.ts";

const { shared, agents, half } = workerData as OtherCity;
const [orders, sums] = [new Int32Array(shared), new Float64Array(shared)];
const city = await cityTicks(agents, half, serial());
for (;;) {
  Atomics.wait(orders, 0, order.none);
  if (Atomics.load(orders, 0) === order.reset) city.reset!();
  city.run();
  sums[1] = city.checksum();
  Atomics.store(orders, 0, order.none);
  Atomics.notify(orders, 0);
}
