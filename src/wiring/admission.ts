/** Lets each person's requests in one after the other, so that ten presses at once do not all find an empty quota. */
export interface Admission {
  /**
   * Runs `accept` when nothing of that person is being accepted. What it accepts counts from then on as on its way to
   * the line, until it is placed.
   *
   * @param accept told how many of theirs are on their way; gives the job that was made, if any
   */
  admit<Job extends { readonly id: string }>(
    person: string,
    accept: (onTheWay: number) => Promise<Job | undefined>,
  ): Promise<Job | undefined>;
  /** The job has its place in the line. */
  placed(id: string): void;
}

/** @example const job = await admission.admit(person.key, async (onTheWay) => (await log.accept(row)).job); */
export function createAdmission(): Admission {
  const turns = new Map<string, Promise<unknown>>();
  /** By job, whose it is. */
  const onTheWay = new Map<string, string>();

  return {
    async admit(person, accept) {
      const before = turns.get(person) ?? Promise.resolve();
      const turn = before.then(async () => {
        const theirs = [...onTheWay.values()].filter((other) => other === person).length;
        const job = await accept(theirs);
        if (job) onTheWay.set(job.id, person);
        return job;
      });
      const settled = turn.catch(() => {});
      turns.set(person, settled);
      try {
        return await turn;
      } finally {
        if (turns.get(person) === settled) turns.delete(person);
      }
    },

    placed(id) {
      onTheWay.delete(id);
    },
  };
}
