import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { DeskTexts } from "../../common/languages/desk.js";
import { visible } from "../../common/visible.js";
import type { JobAnswer } from "../../server/desk/job-answers.js";
import type { SettingsAnswer } from "../../server/desk/overview-answers.js";
import type { CardAnswer, CardEntryAnswer } from "../../server/desk/schemas.js";
import type { LyingAnswer } from "../../server/desk/station-answers.js";
import type { Json } from "../shell/json.js";
import type { Session } from "../shell/start.js";
import type { Format } from "./format.js";

export type Card = Json<CardAnswer>;
export type CardEntry = Json<CardEntryAnswer>;
export type Lying = Json<LyingAnswer>;
export type Job = Json<JobAnswer>;
export type Settings = Json<SettingsAnswer>;

/** What every part of the desk's page works with. */
export interface Desk {
  readonly session: Session<DeskTexts>;
  readonly settings: Settings;
  readonly format: Format;
  /** What lies on the reader. */
  readonly lying: Lying | undefined;
  /** The long job that runs, or the last one. */
  readonly job: Job | undefined;
  /** False for a key that only reads. */
  readonly mayMove: boolean;
  /** Says something that lasts until the next thing is said. */
  say(notice: Notice | undefined): void;
}

/** What a page has to say. */
export interface Notice {
  readonly kind: "problem" | "notice";
  readonly text: string;
  readonly hint?: string | undefined;
}

export const DeskContext = createContext<Desk | undefined>(undefined);

/** The desk that a component belongs to. */
export function useDesk(): Desk {
  const desk = useContext(DeskContext);
  if (!desk) throw new Error("outside of the desk");
  return desk;
}

/** A card for people: what is printed on it, or its id. */
export const nameOf = ({ label, card }: Pick<CardEntry, "label" | "card">): string =>
  label === "" ? card : visible(label);
