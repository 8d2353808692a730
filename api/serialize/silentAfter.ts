/** A crawler without a heartbeat for this long counts as dead, ms; the view watched_networks goes by the same. */
export const silentAfterMs = 300_000;
