export type * from './core/intents.ts';
