import { userJson } from './json.js';
import type { Route } from './rest.js';
import type { World } from './world.js';

const bucket = { limit: 10, milliseconds: 10_000 };

/** What a bot asks about itself before it connects. */
export function appRoutes(world: World, session: () => object): readonly Route[] {
  const application = () => ({
    id: world.bot.id,
    name: world.bot.username,
    icon: null,
    description: '',
    bot_public: true,
    bot_require_code_grant: false,
    verify_key: '0'.repeat(64),
    flags: 0,
    owner: { id: '80351110224678912', username: 'owner', discriminator: '0', avatar: null },
    team: null,
    bot: userJson(world.bot),
    approximate_guild_count: world.guilds.size,
    integration_types_config: { 0: {}, 1: {} },
  });
  const url = () => world.url().replace(/^http/, 'ws');
  return [
    { method: 'GET', path: '/gateway', answer: () => ({ url: url() }) },
    {
      method: 'GET',
      path: '/gateway/bot',
      bucket: { limit: 2, milliseconds: 5000 },
      answer: () => ({ url: url(), ...session() }),
    },
    { method: 'GET', path: '/oauth2/applications/@me', bucket, answer: application },
    { method: 'GET', path: '/applications/@me', bucket, answer: application },
  ];
}
