import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  AppletBridge,
  AppletCard,
  type AppletExchange,
  appletFolder,
  type ProvableCard,
} from "../../simulator/index.js";

/** Class files of the applet with a piece of a source replaced, below a folder. @returns where they are */
export function changedApplet(folder: string, source: string, piece: string, instead: string): string {
  const applet = appletFolder() ?? "";
  const [from, to] = [join(applet, "card/src/main/java"), join(folder, "java")];
  cpSync(from, to, { recursive: true });
  const file = join(to, "chequecard/applet", source);
  const text = readFileSync(file, "utf8");
  if (text.split(piece).length !== 2) throw new RangeError(`need once in ${source}: ${piece}`);
  writeFileSync(
    file,
    text.replace(piece, () => instead),
  );
  const classes = join(folder, "classes");
  mkdirSync(classes);
  const path = [join(applet, "globalplatform/target/classes"), join(applet, "harness/target/lib/*")].join(
    ":",
  );
  const options = ["--release", "7", "-Xlint:-options", "-cp", path, "-d", classes, "-sourcepath", to];
  const applets = ["applet/ChequecardApplet", "bolt/BoltCardApplet"];
  const sources = applets.map((name) => join(to, "chequecard", `${name}.java`));
  execFileSync("javac", [...options, ...sources], { stdio: "pipe" });
  return classes;
}

/** The applet in the state of another card, with every byte code counted; what it does for a command. */
export function countingApplet(of: ProvableCard, card?: string): (command: Uint8Array) => AppletExchange {
  const bridge = new AppletBridge({ counts: true, ...(card === undefined ? {} : { card }) });
  const applet = new AppletCard({ image: of.image(), bridge });
  applet.powerOn();
  return (command) => {
    applet.counts();
    const { length } = applet.exchange(command);
    return { command: command.length, response: length, counts: applet.counts(), writes: applet.writes };
  };
}
