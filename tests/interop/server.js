// Starts the real binary on a free loopback port, makes tokens, and stops it again.
import { spawn, execFileSync } from "node:child_process";
import { createHmac, randomBytes } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const binary = process.env.MICROFRAME_BIN;
if (!binary || !existsSync(binary)) throw new Error("MICROFRAME_BIN names no server: run ./dev build, then ctest");

const base64url = (text) => Buffer.from(text).toString("base64url");

// A package from npm, or the command that brings it.
export function needed(name) {
  return import(name).catch(() => { throw new Error(`npm's ${name} is missing: run ./dev setup`); });
}

// A certificate for localhost that vouches for itself, as ./dev cert makes it, in a folder of its own.
export function selfSigned() {
  const folder = mkdtempSync(join(tmpdir(), "microframe-cert-"));
  execFileSync(fileURLToPath(new URL("../../dev", import.meta.url)), ["cert", folder], { stdio: "ignore" });
  const cert = join(folder, "cert.pem");
  return { cert, key: join(folder, "key.pem"), pem: () => readFileSync(cert), remove: () => rmSync(folder, { recursive: true }) };
}

export class Server {
  // A free port, unless one is given: a restarted server keeps its port and its secret.
  static async start({ options = [], port = 0, secret = randomBytes(32).toString("hex") } = {}) {
    const server = new Server();
    server.secret = secret;
    server.env = { ...process.env, MICROFRAME_SECRET: secret };
    server.process = spawn(binary, ["serve", "--listen", `127.0.0.1:${port}`, ...options], {
      env: server.env, stdio: ["ignore", "pipe", "inherit"],
    });
    server.ended = new Promise((resolve) => server.process.once("exit", (code, signal) => resolve(signal ?? code)));
    server.port = await new Promise((resolve, reject) => {
      createInterface({ input: server.process.stdout }).on("line", (line) => {
        const listening = line.match(/^listening on http(s?):\/\/127\.0\.0\.1:(\d+)$/);
        server.s = listening?.[1];
        if (listening) resolve(Number(listening[2]));
      });
      server.ended.then((code) => reject(new Error(`the server ended with ${code} before it listened`)));
    });
    return server;
  }

  url(path) { return `ws${this.s}://127.0.0.1:${this.port}${path}`; }
  page(path = "/") { return `http${this.s}://127.0.0.1:${this.port}${path}`; }

  token(sub, ttl = "15m") {
    return execFileSync(binary, ["token", "--sub", sub, "--ttl", ttl], { env: this.env, encoding: "utf8" }).trim();
  }

  // A token with any claims, signed here: another implementation of the same algorithm.
  sign(claims, secret = this.secret) {
    const input = `${base64url('{"alg":"HS256"}')}.${base64url(JSON.stringify(claims))}`;
    return `${input}.${createHmac("sha256", secret).update(input).digest("base64url")}`;
  }

  // returns: what `microframe connect` prints for this input, as alice.
  async connect(path, input) {
    const client = spawn(binary, ["connect", this.url(path), "--token", this.token("alice")], { stdio: ["pipe", "pipe", "ignore"] });
    client.stdin.end(input);
    let said = "";
    for await (const piece of client.stdout) said += piece;
    return said;
  }

  // returns: the server's exit code, or the signal that killed it.
  stop() {
    this.process.kill("SIGTERM");
    return this.ended;
  }
}
