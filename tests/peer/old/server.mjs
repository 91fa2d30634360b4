// A server of socket.io 2 (Engine.IO 3), refusing nothing by itself. Prints {"port": n}; ends with its stdin.
import { createServer } from "node:http";
import Server from "socket.io";

const server = createServer((request, response) => response.writeHead(404).end());
const io = Server(server);
io.on("connection", () => process.stdout.write(JSON.stringify({ connected: true }) + "\n"));
process.stdin.on("end", () => process.exit(0)).resume();
server.listen(0, "127.0.0.1", () => process.stdout.write(JSON.stringify({ port: server.address().port }) + "\n"));
