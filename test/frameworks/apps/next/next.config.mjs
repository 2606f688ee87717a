import { fileURLToPath } from 'node:url';

// What the app imports lies above it.
const root = fileURLToPath(new URL('../..', import.meta.url));

export default { turbopack: { root }, outputFileTracingRoot: root };
