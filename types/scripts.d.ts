/** Types of the launchers' modules (scripts/, plain JavaScript that runs before any package is installed). */

declare module "*/scripts/children.mjs" {
  export function capture(
    command: string,
    args: readonly string[],
  ): Promise<{ code: number; output: string }>;
  export function findProgram(name: string, path?: string): string | undefined;
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
