// A device that nobody documented, on the reference socket.io: own events, objects in objects, units in names, a
// word of its state, a start command. Reports and orders as server.mjs has them; of the orders, only {} and
// {"end": true} mean something here.
import { createServer } from "node:http";
import { createInterface } from "node:readline";
import { Server } from "socket.io";

const server = createServer((request, response) => response.writeHead(404).end());
const io = new Server(server);
const tell = (value) => process.stdout.write(JSON.stringify(value) + "\n");
let count = 0;
let cycling = false;

function speak() {
  count += 1;
  io.emit("tvac:gauges", { foreline: { pirani_Torr: 0.02 + (count % 3) / 1e3 }, main: { ion_Torr: 2.4e-6 + (count % 5) / 1e7 } });
  io.emit("Thermals", {
    zones: [{ specimen: { tempC: 21.4 + (count % 7) / 10 } }, { "base plate": { tempC: -18 - (count % 4) / 10 } }],
    drive: { heaterCurrent_mA: 850 + (count % 9) },
  });
  io.emit("cycle/info", { now: { "what it does": cycling ? "CYCLING" : "STANDBY" } });
}

io.on("connection", (socket) => {
  tell({ connected: socket.conn.transport.name });
  socket.onAny((name, ...args) => tell({ event: name, args }));
  socket.on("runCycle", (asked, receipt) => {
    cycling = true;
    io.emit("runCycle.reply", { ok: true });
    if (typeof receipt === "function") receipt({ ok: true });
  });
});

const ticking = setInterval(speak, 200);

function end() {
  clearInterval(ticking);
  io.close();
  server.closeAllConnections?.();
  setTimeout(() => process.exit(0), 300).unref();
}

createInterface({ input: process.stdin })
  .on("line", (line) => {
    const order = JSON.parse(line);
    if (order.end) end();
    tell({ done: order });
  })
  .on("close", end);

server.listen(0, "127.0.0.1", () => tell({ port: server.address().port }));
