import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Line, NotAdmitted } from './connect.ts';
import { LineLost, openConsoleLine, TimeLimitExceeded } from './console-line.ts';
import { openSessionStore, type TokenShelf } from './session.ts';

type Call = (procedure: string, input: unknown, signal: AbortSignal | undefined) => Promise<unknown>;

/** A line whose console is `answer`, and which the test can cut. */
function lineTo(answer: Call): Line & { cut(): void; readonly calls: string[]; readonly ids: string[] } {
  const calls: string[] = [];
  const ids: string[] = [];
  let cut = () => {};
  const ended = new Promise<void>((resolve) => {
    cut = resolve;
  });
  const link: Line['link'] = {
    call(path, input, { signal, context }) {
      calls.push(path.join('.'));
      if (context.requestId !== undefined) ids.push(context.requestId);
      return answer(path.join('.'), input, signal);
    },
  };
  return { link, ended, close: () => cut(), cut: () => cut(), calls, ids };
}

function shelfWith(token: string | null): TokenShelf & { readonly token: string | null } {
  let kept = token;
  return {
    get token() {
      return kept;
    },
    getItem: () => kept,
    setItem: (_name, value) => {
      kept = value;
    },
    removeItem: () => {
      kept = null;
    },
  };
}

const never = new Promise<never>(() => {});
const call = (line: ReturnType<typeof openConsoleLine>, procedure: string, signal?: AbortSignal) =>
  line.link.call(procedure.split('.'), {}, { context: {}, ...(signal ? { signal } : {}) });

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('X5: one restore, however many ask', () => {
  test('fifty calls at once open one line and take the session up once, before any of them', async () => {
    const line = lineTo(async (procedure) =>
      procedure === 'session.restore' ? { signedIn: { userId: 'a' } } : procedure,
    );
    const connect = vi.fn(async () => line);
    const session = openSessionStore(shelfWith('token'));
    const console = openConsoleLine({ connect, greet: session.takeUp, timeLimitMs: () => 1000 });
    const answers = await Promise.all(Array.from({ length: 50 }, (_, i) => call(console, `users.show${i}`)));
    expect(answers).toHaveLength(50);
    expect(connect).toHaveBeenCalledTimes(1);
    expect(line.calls[0]).toBe('session.restore');
    expect(line.calls.filter((name) => name === 'session.restore')).toHaveLength(1);
    expect(console.state()).toBe('open');
  });

  test('without a token nothing is asked', async () => {
    const line = lineTo(async (procedure) => procedure);
    const session = openSessionStore(shelfWith(null));
    const console = openConsoleLine({ connect: async () => line, greet: session.takeUp, timeLimitMs: () => 1000 });
    await call(console, 'session.state');
    expect(line.calls).toEqual(['session.state']);
  });

  test('a refusal that comes late does not sign out who has signed in meanwhile', async () => {
    let refuse: (answer: unknown) => void = () => {};
    const line = lineTo(
      () =>
        new Promise((resolve) => {
          refuse = resolve;
        }),
    );
    const shelf = shelfWith('old');
    const session = openSessionStore(shelf);
    const restored = session.takeUp(line.link);
    session.keep('new');
    refuse({ signedIn: null });
    await restored;
    expect(shelf.token).toBe('new');
  });

  test('a token that the console does not know is dropped', async () => {
    const shelf = shelfWith('old');
    await openSessionStore(shelf).takeUp(lineTo(async () => ({ signedIn: null })).link);
    expect(shelf.token).toBeNull();
  });

  test('a line that breaks while the session is taken up keeps the token for the next one', async () => {
    const shelf = shelfWith('token');
    const session = openSessionStore(shelf);
    const broken = lineTo(() => never);
    const sound = lineTo(async (procedure) => (procedure === 'session.restore' ? { signedIn: {} } : 'answered'));
    const lines = [broken, sound];
    const console = openConsoleLine({
      connect: async () => lines.shift() ?? sound,
      greet: session.takeUp,
      timeLimitMs: () => 60_000,
    });
    const first = call(console, 'users.list');
    const refused = expect(first).rejects.toBeInstanceOf(LineLost);
    await vi.advanceTimersByTimeAsync(10);
    broken.cut();
    await refused;
    await vi.advanceTimersByTimeAsync(2_000);
    expect(shelf.token).toBe('token');
    expect(await call(console, 'users.list')).toBe('answered');
    expect(sound.calls).toEqual(['session.restore', 'users.list']);
  });
});

describe('a dead line', () => {
  const greet = async () => {};

  test('rejects what was under way and is replaced', async () => {
    const first = lineTo(() => never);
    const second = lineTo(async () => 'second');
    const lines = [first, second];
    const console = openConsoleLine({
      connect: async () => lines.shift() ?? second,
      greet,
      timeLimitMs: () => 60_000,
    });
    const states: string[] = [];
    console.subscribe(() => states.push(console.state()));
    const underWay = expect(call(console, 'users.list')).rejects.toBeInstanceOf(LineLost);
    await vi.advanceTimersByTimeAsync(1);
    first.cut();
    await underWay;
    expect(await call(console, 'users.list')).toBe('second');
    expect(states).toEqual(['open', 'lost', 'open']);
  });

  test('R6: what may be done once alone is sent again on the next line, under the same id', async () => {
    const first = lineTo(() => never);
    const second = lineTo(async () => 'answered');
    const lines = [first, second];
    const console = openConsoleLine({
      connect: async () => lines.shift() ?? second,
      greet,
      timeLimitMs: () => 60_000,
      maySendAgain: (procedure) => procedure !== 'session.signIn',
    });
    const write = call(console, 'users.create');
    const signIn = expect(call(console, 'session.signIn')).rejects.toBeInstanceOf(LineLost);
    await vi.advanceTimersByTimeAsync(1);
    first.cut();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await write).toBe('answered');
    await signIn;
    expect(second.calls).toEqual(['users.create']);
    expect(second.ids).toEqual([first.ids[0]]);
    expect(first.ids[1]).not.toBe(first.ids[0]);
  });

  test('is tried again by itself, with growing pauses', async () => {
    const connect = vi.fn(async (): Promise<Line> => {
      throw new Error('nobody there');
    });
    const console = openConsoleLine({
      connect,
      greet,
      timeLimitMs: () => 1000,
      pauseMs: (failures) => 100 * 2 ** failures,
    });
    await expect(call(console, 'users.list')).rejects.toBeInstanceOf(LineLost);
    expect(console.state()).toBe('lost');
    await vi.advanceTimersByTimeAsync(100);
    expect(connect).toHaveBeenCalledTimes(2);
    await vi.advanceTimersByTimeAsync(199);
    expect(connect).toHaveBeenCalledTimes(2);
    await vi.advanceTimersByTimeAsync(1);
    expect(connect).toHaveBeenCalledTimes(3);
  });

  test('a tab that is not admitted is not tried again by itself', async () => {
    const connect = vi.fn(async (): Promise<Line> => {
      throw new NotAdmitted();
    });
    const console = openConsoleLine({ connect, greet, timeLimitMs: () => 1000 });
    await expect(call(console, 'users.list')).rejects.toBeInstanceOf(LineLost);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(connect).toHaveBeenCalledTimes(1);
    expect(console.state()).toBe('not_admitted');
  });
});

describe('time limits', () => {
  const greet = async () => {};

  test('a call that gets no answer ends, and the console is told to stop', async () => {
    let told: AbortSignal | undefined;
    const line = lineTo((_procedure, _input, signal) => {
      told = signal;
      return never;
    });
    const console = openConsoleLine({ connect: async () => line, greet, timeLimitMs: () => 30_000 });
    const ended = expect(call(console, 'users.list')).rejects.toBeInstanceOf(TimeLimitExceeded);
    await vi.advanceTimersByTimeAsync(30_000);
    await ended;
    expect(told?.aborted).toBe(true);
  });

  test('a line that never comes up ends it as well', async () => {
    const console = openConsoleLine({ connect: () => never, greet, timeLimitMs: () => 30_000 });
    const ended = expect(call(console, 'users.list')).rejects.toBeInstanceOf(TimeLimitExceeded);
    await vi.advanceTimersByTimeAsync(30_000);
    await ended;
  });

  test('an answer that has begun is not cut off: a watch goes on', async () => {
    let told: AbortSignal | undefined;
    const line = lineTo(async (_procedure, _input, signal) => {
      told = signal;
      return 'an iterator';
    });
    const console = openConsoleLine({ connect: async () => line, greet, timeLimitMs: () => 1_000 });
    expect(await call(console, 'deletions.watch')).toBe('an iterator');
    await vi.advanceTimersByTimeAsync(600_000);
    expect(told?.aborted).toBe(false);
  });

  test("the caller's own signal stops the call, also once the answer has begun", async () => {
    let told: AbortSignal | undefined;
    const line = lineTo(async (_procedure, _input, signal) => {
      told = signal;
      return 'an iterator';
    });
    const console = openConsoleLine({ connect: async () => line, greet, timeLimitMs: () => 1_000 });
    const controller = new AbortController();
    await call(console, 'deletions.watch', controller.signal);
    controller.abort();
    expect(told?.aborted).toBe(true);
  });
});
