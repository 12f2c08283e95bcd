import { inject } from 'vitest';

declare module 'vitest' {
  interface ProvidedContext {
    fireCount: number;
  }
}

/** How many hostile files each suite makes: 20 in `npm test`, 200 in `npm run fire`. */
export const fireCount = inject('fireCount');
