import type { Campaign, CampaignResult } from "./campaign.js";

/** A campaign with what it came to. */
export interface Reported {
  readonly campaign: Campaign;
  readonly result: CampaignResult;
}

const grouped = (value: number): string => String(value).replace(/\B(?=(\d{3})+$)/g, ",");

/** The report as a page of text: what, how many, failures, seeds. */
export function renderReport(reported: readonly Reported[], machine: string): string {
  const rows = reported.map(({ campaign, result }) => [
    campaign.name,
    `${grouped(result.units)} ${campaign.unit}`,
    String(result.failures.length),
    String(result.seed),
    `${result.seconds.toFixed(0)} s`,
  ]);
  const head = ["what", "how many", "failures", "seed", "time"];
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, i) => (i === 1 || i === 2 ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0)))
      .join("  ")
      .trimEnd();
  const details = reported.flatMap(({ campaign, result }) => [
    "",
    `${campaign.name}: ${campaign.about}`,
    ...wrapped(Object.entries(result.counts).map(([what, count]) => `${what} ${grouped(count)}`)),
    ...(result.lines ?? []).map((text) => `  ${text}`),
    ...result.failures.flatMap(({ where, what, replay }) => [
      `  FAILED ${where}`,
      `    ${what}`,
      `    again: npm run prove -- ${replay}`,
    ]),
  ]);
  return [machine, "", line(head), ...rows.map(line), ...details].join("\n");
}

/** Counts in lines of at most 110 characters. */
function wrapped(items: readonly string[]): string[] {
  const lines: string[] = [];
  for (const item of items) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + item.length < 107) lines[lines.length - 1] = `${last}; ${item}`;
    else lines.push(`  ${item}`);
  }
  return lines;
}

/** The same as data; failing inputs are in it, so that they can be kept. */
export const reportData = (reported: readonly Reported[], machine: string) => ({
  machine,
  failures: reported.reduce((sum, { result }) => sum + result.failures.length, 0),
  campaigns: reported.map(({ campaign, result }) => ({
    name: campaign.name,
    about: campaign.about,
    unit: campaign.unit,
    ...result,
  })),
});
