import { implement } from '@orpc/server';
import { contract } from '../../contract/index.ts';
import type { CallContext } from './context.ts';
import { explainErrors } from './errors.ts';
import { onlyOnce } from './once.ts';
import { administratorOnly } from './session-gate.ts';

const root = implement(contract).$context<CallContext>().use(explainErrors);

/** For the handful of procedures before sign-in. */
export const open = root;

/** For all others: carries the session check itself, so that it runs before input validation. */
export const admin = root.use(administratorOnly).use(onlyOnce);
