/** The windows by which nodes are counted, ms: `now` = proven in the last 2 h, `day` = in the last 24 h. */
export const windowMs = { now: 2 * 3_600_000, day: 24 * 3_600_000 } as const;
