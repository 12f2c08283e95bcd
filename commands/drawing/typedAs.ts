import type { Place } from '../../src/request.js';

/**
 * How a command is typed where somebody asks.
 *
 * @example typedAs('stats', { platform: 'slack' }) // '/kiln stats'
 */
export function typedAs(name: string, { platform }: Pick<Place, 'platform'>): string {
  return platform === 'slack' && name !== 'imagine' ? `/kiln ${name}` : `/${name}`;
}
