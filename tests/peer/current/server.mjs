// A server that speaks the documented contract, and more than our contract knows, on the reference socket.io.
// Prints one line {"port": n}, then one JSON line for everything that comes in. Standard input takes one JSON
// object a line: {"fault": "none" | "lost_ack" | "slow_ack" | "double_ack"}, {"say": [event, ...arguments]},
// {"ask": [event, ...arguments]} (wants a receipt), {"drop": true}, {"odd": true}, {"end": true}. With RECOVERY
// in its environment it keeps the state of connections, and appends an offset to what it sends. It ends when its standard input does.
import { createServer } from "node:http";
import { Server } from "socket.io";
import { serve, tell } from "./device.mjs";

const server = createServer((request, response) => response.writeHead(404).end());
const options = { maxHttpBufferSize: 2e7 };
if (process.env.RECOVERY) options.connectionStateRecovery = {};
const io = new Server(server, options);
const started = Date.now();
let fault = "none";
let recipe = null;
let running = false;

const answer = (result, message = "") => JSON.stringify({ result, message });

function respond(socket, name, text) {
  if (fault === "lost_ack") return;
  const times = fault === "double_ack" ? 2 : 1;
  const later = fault === "slow_ack" ? 1500 : 0;
  setTimeout(() => { for (let i = 0; i < times; i++) socket.emit(name, text); }, later);
}

function load(text) {
  let asked;
  try {
    asked = JSON.parse(text);
  } catch {
    return answer("error", "Could not load recipe as it is not JSON.");
  }
  if (running) return answer("warning", "Could not load recipe as the server is already running.");
  const items = asked.recipe;
  const fits = typeof asked.name === "string" && Array.isArray(items) &&
    items.every((item) => Array.isArray(item) && item.length === 3 && item.every(Number.isFinite));
  if (!fits) return answer("error", "Could not load recipe as it is not what the manual says.");
  recipe = asked;
  return answer("success");
}

io.on("connection", (socket) => {
  tell({ connected: socket.conn.transport.name, auth: socket.handshake.auth, recovered: socket.recovered });
  socket.onAny((name, ...args) => tell({ event: name, args }));
  socket.on("disconnect", (reason) => tell({ disconnected: reason }));
  socket.on("cancel_recipe", () => {
    const text = running
      ? answer("success")
      : answer("warning", "Could not cancel server running as server is not running.");
    running = false;
    respond(socket, "cancel_recipe_ack", text);
  });
  socket.on("load_recipe", (text) => respond(socket, "load_recipe_ack", load(text)));
  socket.on("go", () => { running = true; });
});

// What our contract has never heard of, in every form that socket.io can carry.
function telemetry() {
  const t = (Date.now() - started) / 1000;
  io.emit("chamber_report", JSON.stringify({
    plate: { A: 20.5 + t / 100, B: { inner: -18.25, outer: [1, 2.5, -3] } },
    vacuum: { "p/mbar": 1.3e-4, pumping: true },
    mode: running ? "busy" : "waiting",
  }));
}

function odd() {
  io.emit("an_object", { nested: { deep: { value: 7.5 } }, on: true });
  io.emit("binary", Buffer.from([0, 1, 2, 255, 27, 91, 50, 74]));
  io.emit("binary_inside", { name: "blob", data: Buffer.from("xyz"), n: 3 });
  io.emit("array", [1, 2, [3, 4, { five: 5 }]]);
  io.emit("several", "one", 2, { three: 3 }, null);
  io.emit("nothing");
  io.emit("empty", "");
  io.emit("no value", null);
  io.emit("number", 42.5);
  io.emit("Größe 温度 🚀", JSON.stringify({ "Außen °C": 21.5, "内部": -3 }));
  io.emit("evil", "\u001b[2J\u001b]0;owned\u0007[bold red]markup[/] \u202Ereversed");
  io.emit("not json", "{broken: ");
  io.emit("deep", "[".repeat(100) + "1" + "]".repeat(100));
  io.emit("long", "x".repeat(1e6));
  io.emit("constructor", { __proto__: null, toString: 1, length: 2 });
  io.emit("cancel_recipe_ack", answer("success", "nobody asked"));
  io.emit("odd_over", "{\"done\": 1}");
}

serve(server, io, telemetry, 250, (order) => {
  if (order.fault) fault = order.fault;
  if (order.say) io.emit(...order.say);
  if (order.drop) io.sockets.sockets.forEach((socket) => socket.conn.close());
  if (order.ask) io.sockets.sockets.forEach((socket) => socket.emit(...order.ask, () => {}));
  if (order.odd) odd();
});
