/** The depths of a Chief cycle that found an empty board, and left it so: for cycles whose depths are not what is tested. */
export const NO_DEPTHS = {
  waiting: 0,
  in_flight: 0,
  idle_agents: 0,
  busy_agents: 0,
  waiting_after: 0,
  in_flight_after: 0,
  idle_agents_after: 0,
  busy_agents_after: 0,
  stranded_after: 0,
  by_capability: {},
  by_capability_after: {},
} as const;
