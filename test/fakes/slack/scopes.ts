const history = ['channels:history', 'groups:history', 'im:history'];
const read = ['channels:read', 'groups:read', 'im:read'];

/** The scopes that a method needs, of which one must be held. */
const scopesOf: Readonly<Record<string, readonly string[]>> = {
  'bots.info': ['users:read'],
  'chat.postMessage': ['chat:write'],
  'chat.postEphemeral': ['chat:write'],
  'chat.update': ['chat:write'],
  'chat.delete': ['chat:write'],
  'conversations.history': history,
  'conversations.replies': history,
  'conversations.info': read,
  'conversations.open': ['im:write'],
  'files.completeUploadExternal': ['files:write'],
  'files.delete': ['files:write'],
  'files.getUploadURLExternal': ['files:write'],
  'files.info': ['files:read'],
  download: ['files:read'],
  'reactions.add': ['reactions:write'],
  'team.info': ['team:read'],
  'users.info': ['users:read'],
};

/** The scope that a method lacks, if any. */
export function missingScope(method: string, held: readonly string[] | undefined): string | undefined {
  const wanted = scopesOf[method];
  if (!held || !wanted || wanted.some((scope) => held.includes(scope))) return undefined;
  return wanted.join(',');
}
