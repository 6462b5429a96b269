/** Where progress goes: standard error, so that standard output stays free for results. */
export interface Progress {
  /** Runs one step and prints one line with the time it took. */
  step<T>(title: string, work: () => Promise<T>): Promise<T>;
  /** Prints one line. */
  say(line: string): void;
}

/** Progress for people, one line a step. */
export const progress: Progress = {
  async step(title, work) {
    const started = performance.now();
    const result = await work();
    this.say(`${title} (${seconds(performance.now() - started)})`);
    return result;
  },
  say(line) {
    process.stderr.write(`gridpact: ${line}\n`);
  },
};

function seconds(elapsedMs: number): string {
  return `${(elapsedMs / 1000).toFixed(1)} s`;
}
