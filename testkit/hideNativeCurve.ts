import { createRequire } from 'node:module';

/** Until the test ends, libsecp256k1 does not load in this process, as on a platform for which there is no binary. */
export function hideNativeCurve(test: { after(hook: () => void): void }): void {
  const require = createRequire(import.meta.url);
  const binding = require.resolve('secp256k1/bindings.js');
  const loaded = require.cache[binding];
  delete require.cache[binding];
  // node-gyp-build looks for a package's binary in the folder named by this variable.
  process.env.SECP256K1_PREBUILD = '/nowhere';
  test.after(() => {
    delete process.env.SECP256K1_PREBUILD;
    if (loaded === undefined) delete require.cache[binding];
    else require.cache[binding] = loaded;
  });
}
