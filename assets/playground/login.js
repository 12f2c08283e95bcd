import { post, sentence } from './api.js';
import { byId } from './dom.js';
import { followTheme } from './theme.js';

followTheme();
byId('login').addEventListener('submit', async (event) => {
  event.preventDefault();
  const problem = byId('problem');
  problem.hidden = true;
  try {
    await post('/login', { token: byId('token').value, name: byId('name').value });
    location.reload();
  } catch (error) {
    problem.textContent = sentence(error);
    problem.hidden = false;
    byId('token').select();
  }
});
byId('name').focus();
