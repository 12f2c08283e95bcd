// Prints what vitest's JSON result says, `N passed, N failed` last, and exits with the status of the whole run.
import { existsSync, readFileSync } from 'node:fs';

const file = new URL('results.json', import.meta.url);
const { testResults } = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : { testResults: [] };
const tests = testResults.flatMap(({ name, assertionResults }) =>
  assertionResults.map(({ status, fullName }) => ({ status, name: `${name}: ${fullName}` })),
);
const passed = tests.filter(({ status }) => status === 'passed').length;
const failedTests = tests.filter(({ status }) => status === 'failed');
// A file that does not load has failed without a test to show for it.
const failedFiles = testResults.filter(
  ({ status, assertionResults }) =>
    status === 'failed' && assertionResults.every(({ status }) => status !== 'failed'),
);
const skipped = tests.filter(({ status }) => status !== 'passed' && status !== 'failed');

for (const { name } of [...failedTests, ...failedFiles]) console.log(`failed: ${name}`);
// All that a test may need is installed here, so a skipped one is a hole in the net.
for (const { name } of skipped) console.log(`skipped, which counts as failed here: ${name}`);

const otherSteps = Number(process.argv[2]);
if (otherSteps) console.log('a step failed: see above');
const failed = failedTests.length + failedFiles.length + skipped.length;
console.log(`${passed} passed, ${failed} failed`);
process.exit(passed > 0 && failed === 0 && !otherSteps ? 0 : 1);
