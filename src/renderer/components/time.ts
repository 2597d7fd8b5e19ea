const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const NO_BREAK = '\u00a0';

const date = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric' });
const shortDate = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' });
const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });
const toTheSecond = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  year: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
});
const exact = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  year: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  timeZoneName: 'short',
});

/** `4 min ago`, `yesterday`, `3 wk ago`. Within a minute it is `now`, also where two clocks differ a little. */
export function relativeText(iso: string, now: number): string {
  const seconds = (now - Date.parse(iso)) / 1000;
  if (seconds < MINUTE) return seconds > -MINUTE ? 'now' : dateText(iso);
  if (seconds < HOUR) return `${Math.floor(seconds / MINUTE)}${NO_BREAK}min ago`;
  if (seconds < DAY) return `${Math.floor(seconds / HOUR)}${NO_BREAK}h ago`;
  const days = Math.floor(seconds / DAY);
  if (days === 1) return 'yesterday';
  if (days < 14) return `${days}${NO_BREAK}d ago`;
  if (days < 60) return `${Math.floor(days / 7)}${NO_BREAK}wk ago`;
  return days < 730 ? `${Math.floor(days / 30.44)}${NO_BREAK}mo ago` : `${Math.floor(days / 365.25)}${NO_BREAK}y ago`;
}

/** `24 Nov 2026`. */
export function dateText(iso: string): string {
  return date.format(new Date(iso));
}

/** `24 Nov 2026, 14:31:07 CET`: what stands on hover. */
export function exactText(iso: string): string {
  return exact.format(new Date(iso));
}

/** `24 Nov 2026, 14:31:07`, in the time of this machine. */
export function clockText(iso: string): string {
  return toTheSecond.format(new Date(iso));
}

/** The clock for today, the weekday for this week, else the day: what fits beside a timeline. */
export function shortText(iso: string, now: number): string {
  const then = new Date(iso);
  const today = new Date(now);
  if (then.toDateString() === today.toDateString()) return clock.format(then);
  const days = (now - then.getTime()) / (DAY * 1000);
  if (days >= 0 && days < 6) return then.toLocaleDateString('en-GB', { weekday: 'short' });
  return then.getFullYear() === today.getFullYear() ? shortDate.format(then) : date.format(then);
}
