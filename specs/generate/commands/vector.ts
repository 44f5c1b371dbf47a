/** One encoded thing of specs/01 and what it means. */
export interface CommandVector {
  readonly comment: string;
  /** What it is: `AUTHORIZE command`, `SELECT response`, `profile`, `PIN block`. */
  readonly kind: string;
  readonly valid: boolean;
  /** False: read, but not what a writer of this version makes. */
  readonly canonical?: false;
  readonly hex: string;
  readonly fields?: Readonly<Record<string, unknown>>;
  /** Name of the field that is wrong. */
  readonly error?: string;
}

/** Vectors of one kind. */
export const ofKind = (kind: string) => ({
  good: (comment: string, hex: string, fields: Readonly<Record<string, unknown>>): CommandVector => ({
    comment,
    kind,
    valid: true,
    hex,
    fields,
  }),
  /** Read, and not written so. */
  read: (comment: string, hex: string, fields: Readonly<Record<string, unknown>>): CommandVector => ({
    comment,
    kind,
    valid: true,
    canonical: false,
    hex,
    fields,
  }),
  bad: (comment: string, hex: string, error: string): CommandVector => ({
    comment,
    kind,
    valid: false,
    hex,
    error,
  }),
});
