import { expect, test } from 'vitest';
import { createMetrics } from '../../src/metrics/metrics.js';

test('the page tells the line as it is when it is asked for, and what was counted', async () => {
  let waiting = 1;
  let warm = ['sprite', 'sd15'];
  const metrics = createMetrics({ waiting: () => waiting, running: () => 2, warm: () => warm });
  await metrics.page();
  warm = ['sd15'];
  metrics.jobs.inc({ platform: 'discord', model: 'sprite', state: 'delivered' });
  metrics.drawSeconds.observe({ model: 'sprite' }, 0.3);
  waiting = 5;
  const { type, body } = await metrics.page();
  expect(type).toContain('text/plain');
  for (const line of [
    'kiln_jobs_waiting 5',
    'kiln_jobs_running 2',
    'kiln_model_warm{model="sd15"} 1',
    `kiln_process_id ${process.pid}`,
    'kiln_jobs_total{platform="discord",model="sprite",state="delivered"} 1',
    'kiln_draw_seconds_bucket{le="0.5",model="sprite"} 1',
  ]) {
    expect(body.split('\n')).toContain(line);
  }
  expect(body).not.toContain('kiln_model_warm{model="sprite"}');
});
