// Starts the real binary on a free loopback port, makes tokens, and stops it again.
import { spawn, execFileSync } from "node:child_process";
import { createHmac, randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { createInterface } from "node:readline";

const binary = process.env.MICROFRAME_BIN;
if (!binary || !existsSync(binary)) throw new Error("MICROFRAME_BIN names no server: run ./dev build, then ctest");

const base64url = (text) => Buffer.from(text).toString("base64url");

export class Server {
  static async start(...options) {
    const server = new Server();
    server.secret = randomBytes(32).toString("hex");
    server.env = { ...process.env, MICROFRAME_SECRET: server.secret };
    server.process = spawn(binary, ["serve", "--listen", "127.0.0.1:0", ...options], {
      env: server.env, stdio: ["ignore", "pipe", "inherit"],
    });
    for await (const line of createInterface({ input: server.process.stdout })) {
      server.port = Number(line.match(/^listening on http:\/\/127\.0\.0\.1:(\d+)$/)[1]);
      break;
    }
    return server;
  }

  url(path) { return `ws://127.0.0.1:${this.port}${path}`; }
  page(path = "/") { return `http://127.0.0.1:${this.port}${path}`; }

  token(sub, ttl = "15m") {
    return execFileSync(binary, ["token", "--sub", sub, "--ttl", ttl], { env: this.env, encoding: "utf8" }).trim();
  }

  // A token with any claims, signed here: another implementation of the same algorithm.
  sign(claims, secret = this.secret) {
    const input = `${base64url('{"alg":"HS256"}')}.${base64url(JSON.stringify(claims))}`;
    return `${input}.${createHmac("sha256", secret).update(input).digest("base64url")}`;
  }

  async stop() {
    const ended = new Promise((resolve) => this.process.once("exit", (code) => resolve(code)));
    this.process.kill("SIGTERM");
    return ended;
  }
}
