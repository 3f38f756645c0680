// A cable between browsers and the server: it can be pulled out, or swallow what is sent.
import { once } from "node:events";
import net from "node:net";

export class Cable {
  static async lay(port) {
    const cable = new Cable();
    cable.pairs = new Set();
    cable.isOut = false;
    cable.lead(port);
    cable.server = net.createServer((near) => cable.#join(near));
    cable.server.listen(0, "127.0.0.1");
    await once(cable.server, "listening");
    return cable;
  }

  get port() { return this.server.address().port; }

  // Where new connections go.
  lead(port) { this.far = port; }

  // Ends every connection, and every new one too.
  pull() {
    this.isOut = true;
    for (const pair of this.pairs) for (const end of pair) end.destroy();
  }
  plug() { this.isOut = false; }

  // Today's connections stay open without passing a byte, as behind a router that has forgotten them.
  swallow() {
    for (const pair of this.pairs) for (const end of pair) end.unpipe().pause();
  }

  remove() {
    this.pull();
    this.server.close();
  }

  #join(near) {
    if (this.isOut) return near.destroy();
    const pair = [near, net.connect(this.far, "127.0.0.1")];
    this.pairs.add(pair);
    pair.forEach((end, index) => {
      end.on("error", () => {});
      end.on("close", () => {
        this.pairs.delete(pair);
        pair[1 - index].destroy();
      });
      end.pipe(pair[1 - index]);
    });
  }
}
