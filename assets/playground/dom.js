/**
 * An element with properties and children; strings become text, never markup.
 *
 * @example element('button', { type: 'button', className: 'icon', onclick: close }, 'Close')
 */
export function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined) continue;
    if (name in made && !name.startsWith('aria')) made[name] = value;
    else made.setAttribute(name, value);
  }
  made.append(...children.flat().filter((child) => child !== undefined && child !== null));
  return made;
}

export const byId = (id) => document.getElementById(id);

/** A reply's words: plain strings stay plain. */
export function words(text) {
  return text.map((piece) => {
    if (typeof piece === 'string') return piece;
    if ('bold' in piece) return element('strong', {}, piece.bold);
    if ('code' in piece) return element('code', {}, piece.code);
    return element('strong', { className: 'mention' }, `@${piece.mention}`);
  });
}

/** The same words without their looks, for what is read aloud. */
export function plain(text) {
  return text
    .map((piece) => (typeof piece === 'string' ? piece : (piece.bold ?? piece.code ?? `@${piece.mention}`)))
    .join('');
}

const svg = 'http://www.w3.org/2000/svg';

/** A small drawing made of lines, as `M6 6l12 12`. */
export function icon(path) {
  const drawing = document.createElementNS(svg, 'svg');
  drawing.setAttribute('viewBox', '0 0 24 24');
  drawing.setAttribute('aria-hidden', 'true');
  const line = document.createElementNS(svg, 'path');
  line.setAttribute('d', path);
  drawing.append(line);
  return drawing;
}

export const cross = 'M6 6l12 12M18 6 6 18';

/** Says something to whoever listens rather than looks, once what was said before is over. */
export function announce(sentence) {
  byId('status').textContent = sentence;
}
