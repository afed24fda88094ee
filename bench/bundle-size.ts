/** Measures the bundle that deploys, gzipped as the platform counts it, and holds it to its limit. */
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

/** KiB. The platform takes 3 MiB on the free plan; what is loaded at every cold start should be small. */
const LIMIT_KIB = 350;

const kib = gzipSync(readFileSync('dist/worker/worker.js')).length / 1024;
console.log(`bundle: ${kib.toFixed(1)} KiB gzipped, at most ${LIMIT_KIB} allowed`);
if (kib > LIMIT_KIB) process.exitCode = 1;
