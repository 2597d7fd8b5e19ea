export { type Ai, openAi } from './ai.ts';
