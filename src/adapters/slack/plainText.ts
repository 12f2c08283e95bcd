const entity = /<([^<>]*)>/g;

/**
 * What somebody typed, from what Slack makes of it: mentions and links as they were seen, `&lt;` as `<`, and without
 * any mention of Kiln.
 *
 * @param how.ids leaves mentions as Slack writes them, for who sets something by a mention
 * @example plainText('<@U0KILN> a <https://fox.example|fox.example> &amp; a hound', 'U0KILN') // 'a fox.example & a hound'
 */
export function plainText(
  text: string,
  { botUser, ids = false }: { readonly botUser?: string; readonly ids?: boolean } = {},
): string {
  return text
    .replace(entity, (_whole, inside: string) => {
      const [target = '', label] = split(inside);
      // Escaped, so that it comes out of what follows.
      if (ids && /^[@#!]/.test(target)) return `&lt;${target}&gt;`;
      if (botUser && target === `@${botUser}`) return ' ';
      // No link, but a LoRA where Slack left the brackets as they were typed.
      if (target.startsWith('lora:')) return `&lt;${inside}&gt;`;
      if (label) return /^[@#]/.test(target) ? `${target[0]}${label.replace(/^[@#]/, '')}` : label;
      if (target.startsWith('!')) return `@${target.slice(1).split('^')[0]}`;
      return target;
    })
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&amp;/g, '&')
    .replace(/[^\S\n]+/g, ' ')
    .trim();
}

function split(inside: string): readonly [string, string?] {
  const bar = inside.indexOf('|');
  return bar < 0 ? [inside] : [inside.slice(0, bar), inside.slice(bar + 1)];
}
