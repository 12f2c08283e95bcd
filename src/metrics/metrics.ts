import { Counter, Gauge, Histogram, Registry } from 'prom-client';

/** What /metrics tells, by Prometheus' names and units. No label holds a prompt or a person. */
export interface Metrics {
  readonly requests: Counter<'command' | 'platform' | 'outcome'>;
  readonly jobs: Counter<'platform' | 'model' | 'state'>;
  readonly failures: Counter<'code'>;
  readonly drawSeconds: Histogram<'model'>;
  readonly waitSeconds: Histogram;
  readonly postSeconds: Histogram<'platform'>;
  readonly engineEvents: Counter<'event'>;
  /** The page's content type and text. */
  page(): Promise<{ readonly type: string; readonly body: string }>;
}

const seconds = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 900];

/**
 * @param line read when somebody asks for the page
 * @example const { body } = await createMetrics({ waiting: () => 0, running: () => 0 }).page();
 */
export function createMetrics(line: {
  waiting(): number;
  running(): number;
  /** Names of the models that are loaded. */
  warm?(): readonly string[];
}): Metrics {
  const registry = new Registry();
  const registers = [registry];
  for (const state of ['waiting', 'running'] as const) {
    new Gauge({
      name: `kiln_jobs_${state}`,
      help: `Jobs ${state} now`,
      registers,
      collect() {
        this.set(line[state]());
      },
    });
  }
  new Gauge({
    name: 'kiln_model_warm',
    help: 'Models that are loaded now',
    labelNames: ['model'],
    registers,
    collect() {
      this.reset();
      for (const model of line.warm?.() ?? []) this.set({ model }, 1);
    },
  });
  new Gauge({
    name: 'kiln_process_id',
    help: 'Number of the process that talks to people, as kiln.pid in its data folder has it',
    registers,
    collect() {
      this.set(process.pid);
    },
  });
  new Gauge({
    name: 'kiln_memory_bytes',
    help: 'Resident memory of the process that talks to people',
    registers,
    collect() {
      this.set(process.memoryUsage.rss());
    },
  });
  return {
    requests: new Counter({
      name: 'kiln_requests_total',
      help: 'What people asked, by how it ended',
      labelNames: ['command', 'platform', 'outcome'],
      registers,
    }),
    jobs: new Counter({
      name: 'kiln_jobs_total',
      help: 'Jobs that ended',
      labelNames: ['platform', 'model', 'state'],
      registers,
    }),
    failures: new Counter({
      name: 'kiln_failures_total',
      help: 'Jobs that failed, by code',
      labelNames: ['code'],
      registers,
    }),
    drawSeconds: new Histogram({
      name: 'kiln_draw_seconds',
      help: 'From the start of a job to its pictures',
      labelNames: ['model'],
      buckets: seconds,
      registers,
    }),
    waitSeconds: new Histogram({
      name: 'kiln_wait_seconds',
      help: 'In the line',
      buckets: seconds,
      registers,
    }),
    postSeconds: new Histogram({
      name: 'kiln_post_seconds',
      help: 'From pictures to a message with them',
      labelNames: ['platform'],
      buckets: seconds,
      registers,
    }),
    engineEvents: new Counter({
      name: 'kiln_engine_events_total',
      help: 'Engine processes opened, died and recycled',
      labelNames: ['event'],
      registers,
    }),
    page: async () => ({ type: registry.contentType, body: await registry.metrics() }),
  };
}
