/** Whom the demo's platform has. Addresses end in a domain that nobody can own (RFC 2606). */
const names = [
  'Ada Lovelace',
  'Alan Turing',
  'Barbara Liskov',
  'Chien-Shiung Wu',
  'Claude Shannon',
  'Dorothy Hodgkin',
  'Edsger Dijkstra',
  'Emmy Noether',
  'Frances Allen',
  'Grace Hopper',
  'Hedy Lamarr',
  'Ivan Sutherland',
  'Jean Bartik',
  'John Backus',
  'Joan Clarke',
  'Karen Spärck Jones',
  'Katherine Johnson',
  'Ken Thompson',
  'Lynn Conway',
  'Margaret Hamilton',
  'Maryam Mirzakhani',
  'Mary Jackson',
  'Niklaus Wirth',
  'Ole-Johan Dahl',
  'Peter Naur',
  'Radia Perlman',
  'Rózsa Péter',
  'Seymour Papert',
  'Shafi Goldwasser',
  'Sophie Wilson',
  'Srinivasa Ramanujan',
  'Stephanie Shirley',
  'Tony Hoare',
  'Tu Youyou',
  'Vint Cerf',
  'Wangari Maathai',
  '湯川 秀樹',
  'Xiaoyun Wang',
  'Yvonne Choquet-Bruhat',
  'Zoia Ceaușescu',
] as const;

export type QuotaWish = 'ok' | 'warning' | 'full' | 'unlimited' | 'roomy';

export interface Person {
  readonly mail: string;
  readonly name: string;
  readonly externalId: string;
  readonly quota: QuotaWish;
  /** Joins after storage was counted for the last time, so that nothing is known of their usage yet. */
  readonly comesLate: boolean;
  readonly isInactive: boolean;
  readonly model: readonly [provider: string, model: string] | null;
}

export const catalogue: Readonly<Record<string, readonly string[]>> = {
  mistral: ['mistral-large', 'mistral-small'],
  openai: ['gpt-5', 'gpt-5-mini'],
  'on-site': ['llama-4-scout'],
};

const models = Object.entries(catalogue).flatMap(([provider, list]) => list.map((model) => [provider, model] as const));
const quotas: readonly QuotaWish[] = ['ok', 'roomy', 'warning', 'ok', 'unlimited', 'full', 'ok'];
const LATE = 3;

export const people: readonly Person[] = names.map((name, at) => ({
  mail: `${mailName(name)}@example.org`,
  name,
  externalId: `u${String(at + 1).padStart(3, '0')}`,
  quota: at >= names.length - LATE ? 'roomy' : (quotas[at % quotas.length] ?? 'ok'),
  comesLate: at >= names.length - LATE,
  isInactive: at % 13 === 6,
  model: at % 3 === 0 ? null : (models[at % models.length] ?? null),
}));

/** The first name in the letters that mail addresses are usually made of; a number where it has none of them. */
function mailName(name: string): string {
  const plain = name
    .normalize('NFD')
    .replace(/[^A-Za-z ]/g, '')
    .trim()
    .toLowerCase();
  const [first = '', last = ''] = plain.split(/ +/);
  const isShared = names.filter((other) => other.toLowerCase().startsWith(`${first} `)).length > 1;
  if (first === '') return 'yukawa';
  return isShared ? `${first}.${last}` : first;
}
