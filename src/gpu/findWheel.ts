import { z } from 'zod';
import { UserError } from '../errors.js';
import { bodyOf } from '../hub/bodyOf.js';
import { patiently } from '../hub/transient.js';
import type { Wire } from '../hub/wire.js';
import type { Wheel } from './wheels.js';

// What pip asks for: the new form where the index has it.
const accept =
  'application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html; q=0.1, text/html; q=0.01';

const Page = z.looseObject({
  files: z.array(z.looseObject({ filename: z.string(), url: z.string() })),
});

/**
 * Asks a package index where it has a wheel: PyPI, or any mirror that pip can be given as its `index-url`. Only the
 * address is taken from it; what the file must be is known before.
 *
 * Sources: PEP 691 (JSON), PEP 503 (HTML)
 *
 * @throws UserError `not-found` where it has no such wheel, `not-allowed`, `unreachable`
 * @example await findWheel(providerBundle.wheels[0]!, wire); // 'https://files.pythonhosted.org/packages/9e/80/…'
 */
export async function findWheel({ project, file }: Wheel, wire: Wire): Promise<string> {
  const { headers, to, text } = await patiently(async () => {
    const answer = await wire.get(`${wire.endpoint}/${project}/`, { accept });
    return { ...answer, text: (await bodyOf(answer)).toString('utf8') };
  }, wire);
  const json = headers.get('content-type')?.includes('json') ?? false;
  const found = (json ? listed(text) : linked(text)).find(({ name }) => name === file);
  if (found && URL.canParse(found.href, to.href)) {
    const address = new URL(found.href, to);
    address.hash = '';
    return address.href;
  }
  throw new UserError('not-found', `${wire.action}: ${to.host} has no ${file}, want an index that has it`);
}

interface Link {
  readonly name: string;
  readonly href: string;
}

function listed(text: string): Link[] {
  try {
    return Page.parse(JSON.parse(text)).files.map(({ filename, url }) => ({ name: filename, href: url }));
  } catch {
    return [];
  }
}

/** Of each `<a href="…/NAME.whl#sha256=…">`. */
function linked(text: string): Link[] {
  // Each looks no further than the next begins: a page that closes none would keep one search over all for days.
  const [, ...anchors] = text.split(/<a(?=\s)/i);
  return anchors.flatMap((anchor) => {
    const [, double, single] = /^[^>]*?\shref\s*=\s*(?:"([^"]*)"|'([^']*)')/i.exec(anchor) ?? [];
    const href = (double ?? single)?.replaceAll('&amp;', '&');
    if (href === undefined) return [];
    const path = href.split(/[?#]/)[0]!;
    return { name: decoded(path.slice(path.lastIndexOf('/') + 1)), href };
  });
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
