/**
 * A wait as people say it.
 *
 * @example minutes(720_000) // 'about 12 min'
 */
export function minutes(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  if (seconds < 5) return 'a few seconds';
  if (seconds < 90) return `about ${seconds < 20 ? seconds : Math.round(seconds / 5) * 5} s`;
  const whole = Math.round(seconds / 60);
  return whole < 90 ? `about ${whole} min` : `about ${(whole / 60).toFixed(1)} h`;
}
