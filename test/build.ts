import { execFileSync } from 'node:child_process';

/** Compiles once before the run: tests that fork the engine need its compiled entry. */
export default function build(): void {
  execFileSync('node', ['scripts/generate-client.mjs'], { stdio: 'inherit' });
  execFileSync('npx', ['tsc', '-p', 'tsconfig.build.json'], { stdio: 'inherit' });
}
