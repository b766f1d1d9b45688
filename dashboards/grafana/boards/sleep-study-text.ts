/** What stands beside the sleep study. */
export const HOW_TO_READ = `A Chief that sleeps costs nothing. **Two sleeps are right:**

1. **Everything is dispatched:** whatever waits has no idle agent.
2. **There is nothing to do:** no task may be dispatched.

**The third is not:** the Chief is asleep while a task waits that may be dispatched, and an agent that could take it is idle. That is *stranded work*,
blue above red in the timeline; beyond a short grace the time counts as *dispatch failure*.

- **Short sleeps, many noops:** woken for nothing. See *Noop ratio by trigger*.
- **Long sleeps, stranded work:** a wake was lost, or the Chief died. See *Since the last wake*.
- **Stranded, never asleep:** it cannot keep up. See *Cycle p95 against depth*.
- **Long waits, nothing stranded:** too few agents, not too little Chief.
`;
