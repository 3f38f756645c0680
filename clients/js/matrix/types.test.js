// The types, with the oldest TypeScript that is supported and the latest, by each way of finding modules, with and without the DOM.
import { test } from "node:test";
import { inProject } from "./project.js";

const USE = `
  const client: Client = connect("wss://example.org/ws", { token: async () => "t", debug: (step: string) => void step, rate: { burst: 1 } });
  const options: Options = { plain: true };
  client.on("state", (state: State, { reason, retryMs }: StateDetail) => void [state, reason, retryMs]);
  client.on("presence", ({ joins }) => joins["alice"]?.[0]?.device);
  export async function use(signal: AbortSignalLike): Promise<string[]> {
    const { recovered } = await client.join("r", { last: 5, timeout: 1000, signal });
    await client.sendBinary(new Uint8Array(1).buffer);
    await client.sendBinary(new Uint8Array(1));
    await client.leave("r", { all: recovered === false });
    const error: ClientError = new ClientError("code", "words");
    void [options, error.code];
    // @ts-expect-error: there is no such event
    client.on("mesage", () => {});
    return client.rooms;
  }
`;
const NAMES = "type AbortSignalLike, type Client, ClientError, type Options, type State, type StateDetail, connect";
const DOM = `
  connect("ws://x/", { WebSocket });
  void client.send(1, { signal: AbortSignal.timeout(1) });
`;
const text = (dom) => `import { ${NAMES} } from "@microframe/client";${USE}${dom ? DOM : ""}`;

const WAYS = [
  ["node16, import", "main.mts", "node16", "node16"],
  ["node16, require", "main.cts", "node16", "node16"],
  ["nodenext, import", "main.mts", "nodenext", "nodenext"],
  ["bundler", "main.ts", "esnext", "bundler"],
  ["node10", "main.ts", "commonjs", "node10"],
];

for (const version of ["typescript-5.0", "typescript-latest"]) {
  for (const [way, name, module, moduleResolution] of WAYS) {
    for (const dom of [true, false]) {
      const skip = version === "typescript-latest" && way === "node10" && "TypeScript 7 has no node10 any more";
      const compilerOptions = {
        module, moduleResolution, noEmit: true, strict: true, exactOptionalPropertyTypes: true, target: "es2022", types: [], lib: dom ? ["es2022", "dom"] : ["es2022"],
      };
      test(`${version}, ${way}, ${dom ? "with" : "without"} the DOM`, { skip }, () => inProject({
        [name]: text(dom),
        "tsconfig.json": JSON.stringify({ compilerOptions, files: [name] }),
      }, (project) => project.tool(`${version}/bin/tsc`, ["-p", project.folder])));
    }
  }
}
