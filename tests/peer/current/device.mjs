// What every device of these tests has: one JSON line for everything that it reports, orders as one JSON object a
// line of standard input, a free port of 127.0.0.1, and an end when {"end": true} comes or standard input ends.
import { createInterface } from "node:readline";

export const tell = (value) => process.stdout.write(JSON.stringify(value) + "\n");

// Listens, prints {"port": n}, and speaks every `period` ms; `obey` does what an order wants beside its end.
export function serve(server, io, speak, period, obey = () => {}) {
  const ticking = setInterval(speak, period);

  function end() {
    clearInterval(ticking);
    io.close();
    server.closeAllConnections?.();
    setTimeout(() => process.exit(0), 300).unref();
  }

  createInterface({ input: process.stdin })
    .on("line", (line) => {
      const order = JSON.parse(line);
      obey(order);
      if (order.end) end();
      tell({ done: order });
    })
    .on("close", end);

  server.listen(0, "127.0.0.1", () => tell({ port: server.address().port }));
}
