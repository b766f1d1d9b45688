/** A rate, share or figure that may have nothing to stand on. */
export type Figure = number | null;
