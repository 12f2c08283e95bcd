import type { Installation, InstallationQuery, InstallationStore } from '@slack/bolt';
import type { AdapterTools } from '../tools.js';
import type { Seal } from './seal.js';

/** Workspaces that installed Kiln, as Bolt's OAuth flow wants to keep them. */
export interface Installations extends InstallationStore {
  /** By the id of a workspace, or of an organisation for all of its workspaces. */
  get(id: string): Promise<Installation | undefined>;
  remove(id: string): Promise<void>;
}

/**
 * Keeps installations in Kiln's own memory, their tokens encrypted.
 *
 * @param onChange told the id of a workspace whose tokens changed
 * @example createInstallations(memory, createSeal(secret), () => {})
 */
export function createInstallations(
  memory: AdapterTools['memory'],
  seal: Seal,
  onChange: (id: string) => void,
): Installations {
  const place = (id: string) => `slack/installation/${id}`;

  async function get(id: string): Promise<Installation | undefined> {
    const sealed = await memory.get(place(id));
    return sealed === undefined ? undefined : (JSON.parse(seal.open(sealed, place(id))) as Installation);
  }

  async function remove(id: string): Promise<void> {
    await memory.set(place(id), undefined);
    onChange(id);
  }

  return {
    get,
    remove,
    async storeInstallation(installation) {
      const id = installation.isEnterpriseInstall ? installation.enterprise?.id : installation.team?.id;
      if (!id) throw new Error('Cannot keep this installation: it names no workspace and no organisation');
      await memory.set(place(id), seal.close(JSON.stringify(installation), place(id)));
      onChange(id);
    },
    async fetchInstallation(query) {
      const found =
        (query.teamId && (await get(query.teamId))) ||
        (query.enterpriseId && (await get(query.enterpriseId)));
      if (!found) throw new Error(`Kiln is not installed in ${idOf(query)}`);
      return found;
    },
    async deleteInstallation(query) {
      const id = idOf(query);
      if (id) await remove(id);
    },
  };
}

function idOf(query: InstallationQuery<boolean>): string | undefined {
  return query.isEnterpriseInstall ? query.enterpriseId : query.teamId;
}
