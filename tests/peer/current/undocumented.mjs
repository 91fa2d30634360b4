// A device that nobody documented, on the reference socket.io: own events, objects in objects, units in names, a
// word of its state, a start command. Reports as server.mjs does; of the orders only {"end": true} means something here.
import { createServer } from "node:http";
import { Server } from "socket.io";
import { serve, tell } from "./device.mjs";

const server = createServer((request, response) => response.writeHead(404).end());
const io = new Server(server);
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

serve(server, io, speak, 200);
