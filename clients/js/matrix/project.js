// A user's project: a folder here, so that it finds the packages of this one, with the client as npm would install it.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));
const client = join(here, "..");
const TIMEOUT_MS = 300_000

export class Project {
  folder = mkdtempSync(join(here, ".project-"));

  constructor(files = {}) {
    const [tarball] = JSON.parse(execFileSync("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", this.folder], { cwd: client, encoding: "utf8" }));
    const target = join(this.folder, "node_modules/@microframe/client");
    mkdirSync(target, { recursive: true });
    execFileSync("tar", ["xzf", tarball.filename.replace(/^@/, "").replace("/", "-"), "--strip-components=1", "-C", target], { cwd: this.folder });
    for (const [name, text] of Object.entries(files)) this.write(name, text);
  }

  path(name) { return join(this.folder, name); }

  write(name, text) {
    mkdirSync(dirname(this.path(name)), { recursive: true });
    writeFileSync(this.path(name), text);
  }

  // returns: what the program has printed. errors: throws with it.
  run(program, args, env = {}) {
    try {
      return execFileSync(program, args, { cwd: this.folder, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"], timeout: TIMEOUT_MS, env: { ...process.env, ...env } });
    } catch (error) {
      throw new Error(`${program} ${args.join(" ")}\n${error.stdout}\n${error.stderr}`);
    }
  }

  // A program of a package of ours.
  tool(path, args) { return this.run(process.execPath, [join(here, "node_modules", path), ...args]); }

  remove() { rmSync(this.folder, { recursive: true, force: true }); }
}

export async function inProject(files, act) {
  const project = new Project(files);
  try {
    return await act(project);
  } finally {
    project.remove();
  }
}

if (!readdirSync(client).includes("dist")) throw new Error("there is no dist: run `npm run build` in clients/js");
