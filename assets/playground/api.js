/** Something the server said no to, in one sentence. */
export class Refused extends Error {}

const tries = 3;
const pause = 700;

/** A key for one thing that was asked: posted again, it is still asked once. */
export function newKey() {
  if (crypto.randomUUID) return crypto.randomUUID();
  // Browsers keep randomUUID from plain http on other machines.
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/**
 * Posts, with pictures by what they are for, again where the network fails: the key in the body keeps it one request.
 *
 * @throws Refused
 */
export async function post(path, body, pictures = {}) {
  const files = Object.entries(pictures);
  const form = files.length > 0 ? new FormData() : undefined;
  form?.set('ask', JSON.stringify(body));
  for (const [name, file] of files) form.set(name, file, file.name);
  const request = form
    ? { method: 'POST', body: form }
    : { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await answer(await fetch(path, request));
    } catch (error) {
      if (error instanceof Refused || attempt === tries) throw error;
      await new Promise((resolve) => setTimeout(resolve, pause * attempt));
    }
  }
}

/** @throws Refused */
export async function get(path) {
  return answer(await fetch(path));
}

/** What to show for an error. */
export function sentence(error) {
  return error instanceof Refused ? error.message : 'Kiln cannot be reached. Is it running?';
}

async function answer(response) {
  const body = await response.json().catch(() => ({}));
  if (response.ok) return body;
  // The login has ended: the same address asks for it anew.
  if (response.status === 401 && !response.url.endsWith('/login')) location.reload();
  throw new Refused(body.error ?? `Kiln answered with ${response.status}.`);
}

/**
 * Asks a command aside: the answer comes back as a view and is not put into the room.
 *
 * @throws Refused
 */
export async function look(command, options) {
  const { view } = await post('/look', { key: newKey(), command, options });
  return view ?? { text: [] };
}
