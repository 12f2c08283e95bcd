const history = ['channels:history', 'groups:history', 'im:history', 'mpim:history'] as const;

/** Every method of Slack's Web API that Kiln calls, with the scopes that it takes; the manifest is checked against it. */
export const methodScopes = {
  'auth.test': [],
  'chat.delete': ['chat:write'],
  'chat.postEphemeral': ['chat:write'],
  'chat.postMessage': ['chat:write'],
  'chat.update': ['chat:write'],
  'conversations.history': history,
  'conversations.info': ['channels:read', 'groups:read', 'im:read', 'mpim:read'],
  'conversations.open': ['im:write'],
  'conversations.replies': history,
  'files.completeUploadExternal': ['files:write'],
  'files.getUploadURLExternal': ['files:write'],
  'files.info': ['files:read'],
  'users.info': ['users:read'],
  'views.open': [],
  'views.publish': [],
} as const satisfies Readonly<Record<string, readonly string[]>>;

export type Method = keyof typeof methodScopes;

/** What Kiln listens to, with the scopes that Slack wants for it. */
export const eventScopes = {
  app_home_opened: [],
  app_mention: ['app_mentions:read'],
  app_uninstalled: [],
  'message.im': ['im:history'],
  tokens_revoked: [],
} as const satisfies Readonly<Record<string, readonly string[]>>;

/** What Kiln asks for when it is installed: slash commands and attached pictures, and what is called and listened to. */
export const botScopes: readonly string[] = [
  ...new Set<string>([
    'commands',
    'files:read',
    ...Object.values(methodScopes).flat(),
    ...Object.values(eventScopes).flat(),
  ]),
].sort();
