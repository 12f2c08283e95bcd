import type { Command } from '../src/command.js';
import { cancel } from './cancel.js';
import { deleteCommand } from './delete.js';
import { edit } from './edit.js';
import { emoji } from './emoji.js';
import { enlarge } from './enlarge.js';
import { helpCommand } from './help.js';
import { history } from './history.js';
import { imagine } from './imagine.js';
import { info } from './info.js';
import { models } from './models.js';
import { pick } from './pick.js';
import { privacy } from './privacy.js';
import { promptOf } from './promptof.js';
import { queue } from './queue.js';
import { reimagine } from './reimagine.js';
import { report } from './report.js';
import { reroll } from './reroll.js';
import { settings } from './settings.js';
import { show } from './show.js';
import { stats } from './stats.js';
import { styles } from './styles.js';
import { subtle } from './subtle.js';
import { vary } from './vary.js';
import { zoom } from './zoom.js';

const typed = [imagine, cancel, queue, history, show, models, styles, settings, stats, privacy];
const onPictures = [pick, vary, subtle, reroll, enlarge, zoom, edit, info, emoji, report, deleteCommand];
const onMessages = [reimagine, promptOf];

/** Everything that people can ask for, in the order that help tells of it. */
export const commands: readonly Command[] = [...typed, helpCommand(typed), ...onPictures, ...onMessages];
