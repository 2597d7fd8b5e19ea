/** A clock that stands still until it is moved. Starts at a fixed instant, so that tests say the same every day. */
export interface TestClock {
  (): number;
  advance(milliseconds: number): void;
  set(milliseconds: number): void;
}

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;

export function testClock(start = Date.UTC(2026, 10, 24, 12)): TestClock {
  let now = start;
  return Object.assign(() => now, {
    advance(milliseconds: number) {
      now += milliseconds;
    },
    set(milliseconds: number) {
      now = milliseconds;
    },
  });
}
