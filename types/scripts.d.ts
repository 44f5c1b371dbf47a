/** Types of the launchers' modules (scripts/, plain JavaScript that runs before any package is installed). */

declare module "*/scripts/children.mjs" {
  export function capture(
    command: string,
    args: readonly string[],
  ): Promise<{ code: number; output: string }>;
  export function findProgram(name: string, path?: string): string | undefined;
  export function run(command: string, args: readonly string[], options?: object): Promise<number>;
}

declare module "*/scripts/setup/applet.mjs" {
  export function appletProblem(): Promise<string | undefined>;
}

declare module "*/scripts/processes.mjs" {
  export const MARK: string;
  export function newMark(name: string): string;
  export function markedProcesses(mark: string): readonly { pid: number; command: string }[];
  export function endMarked(mark: string, options?: { graceMs?: number }): Promise<readonly string[]>;
}

declare module "*/scripts/parts/run-part.mjs" {
  import type { Counts } from "*/scripts/report/counts.mjs";
  export interface Result extends Counts {
    readonly skipReason?: string;
    readonly notes?: readonly string[];
  }
  export interface Part {
    readonly name: string;
    readonly budget: number;
    readonly limit: number;
    readonly doing?: () => readonly string[];
    readonly prepare?: (options: { withLnd: boolean }) => Promise<unknown>;
    readonly run: (args: readonly string[], prepared?: unknown) => Promise<Result>;
  }
  export interface Outcome extends Counts {
    readonly name: string;
    readonly budget: number;
    readonly usedMs: number;
    readonly remark?: string;
    readonly notes: readonly string[];
  }
  export function runPart(
    part: Part,
    options: { args: readonly string[]; mustRun: boolean; prepared?: unknown },
  ): Promise<Outcome>;
}

declare module "*/scripts/parts/index.mjs" {
  import type { Part } from "*/scripts/parts/run-part.mjs";
  export const PARTS: readonly Part[];
  export function chooseParts(names: readonly string[], parts?: readonly Part[]): readonly Part[];
}

declare module "*/scripts/parts/lnd.mjs" {
  import type { Part } from "*/scripts/parts/run-part.mjs";
  export const lnd: Part;
}

declare module "*/scripts/lnd/provide.mjs" {
  export function provideLnds(): Promise<
    { args: readonly string[]; stop: () => Promise<void> } | { reason: string }
  >;
}

declare module "*/scripts/setup/applet.mjs" {
  export function appletProblem(): Promise<string | undefined>;
}

declare module "*/scripts/lnd/cache.mjs" {
  export interface GoModule {
    readonly directory: string;
    readonly version: string;
    readonly folder: string;
    readonly tags: string;
    readonly go?: readonly number[];
  }
  type Which = "newest" | "oldest";
  export function moduleOf(which?: Which, env?: Readonly<Record<string, string | undefined>>): GoModule;
  export function builtFolder(
    which?: Which,
    env?: Readonly<Record<string, string | undefined>>,
  ): string | undefined;
  export function markerOf(folder: string): string;
}

declare module "*/scripts/lnd/go-version.mjs" {
  export function isGoNewEnough(text: string, needed?: readonly number[]): boolean;
}

declare module "*/scripts/lnd/build.mjs" {
  import type { GoModule } from "*/scripts/lnd/cache.mjs";
  export function buildModule(
    module: GoModule,
    plan: {
      readonly programs: readonly { readonly name: string; readonly package: string }[];
      readonly protos?: readonly string[];
    },
  ): Promise<{ folder: string } | { reason: string }>;
}

declare module "*/scripts/report/running.mjs" {
  export function readRunning(file: string): readonly string[];
}

declare module "*/scripts/report/table.mjs" {
  import type { Outcome } from "*/scripts/parts/run-part.mjs";
  export function table(outcomes: readonly Outcome[]): readonly string[];
}

declare module "*/scripts/setup/packages.mjs" {
  export const PACKAGES: readonly { name: string; use: string; testOnly: boolean }[];
  export function isDebianLike(osRelease: string): boolean;
  export function wantedPackages(purpose: "start" | "test"): string[];
  export function missingPackages(report: string, wanted: readonly string[]): string[];
  export function uses(names: readonly string[]): string;
}

declare module "*/scripts/setup/dependencies.mjs" {
  export function isLockComplete(lock: object): boolean;
  export function isInstalled(lock: object, installed: object | undefined): boolean;
  export function plan(facts: {
    installed: boolean;
    sameNode: boolean;
    nativePackage: boolean;
    nativePart: boolean;
    header: boolean;
    nativeFailed: boolean;
  }): "nothing" | "install" | "rebuild";
}

declare module "*/scripts/setup/build.mjs" {
  export function isSource(name: string): boolean;
}

declare module "*/scripts/setup/index.mjs" {
  export function isNodeSupported(version: string): boolean;
}

declare module "*/scripts/setup/step.mjs" {
  export function tail(text: string, lines?: number): string[];
}

declare module "*/scripts/setup/stamps.mjs" {
  export function readStamp(file: string): unknown;
  export function writeStamp(file: string, content: unknown): void;
  export function removeStamp(file: string): void;
  export function listFiles(
    root: string,
    wanted: (name: string) => boolean,
    skipped?: ReadonlySet<string>,
  ): string[];
  export function hashFiles(root: string, names: readonly string[]): string;
}

declare module "*/scripts/setup/lock.mjs" {
  export function withLock<T>(
    file: string,
    work: () => Promise<T>,
    onWait?: (pid: number) => void,
  ): Promise<T>;
}

declare module "*/scripts/pcscd/service.mjs" {
  export function isListening(table: string, port: number): boolean;
  export function isRunning(socket?: string): Promise<boolean>;
}

declare module "*/scripts/pcscd/namespace.mjs" {
  export function inNamespace(command: readonly string[], userId?: number): string[];
  export function namespaceWorks(): Promise<boolean>;
}

declare module "*/scripts/report/counts.mjs" {
  export interface Counts {
    readonly passed: number;
    readonly failed: number;
    readonly skipped: number;
  }
  export function countReport(report: unknown, exitCode: number): Counts;
  export function sum(all: readonly Counts[]): Counts;
  export function closingLine(counts: Counts): string;
  export function isSuccess(counts: Counts, rules: { maySkip: boolean }): boolean;
}
