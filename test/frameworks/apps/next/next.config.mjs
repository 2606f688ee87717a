import { fileURLToPath } from 'node:url';

// The app imports files from outside its folder.
const root = fileURLToPath(new URL('../..', import.meta.url));

export default { turbopack: { root }, outputFileTracingRoot: root };
