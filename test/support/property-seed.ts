import fc from 'fast-check';

// The same commit gives the same result everywhere; `SEED=$RANDOM npm test` looks where nobody has looked yet.
fc.configureGlobal({ seed: Number(process.env['SEED'] ?? 1) });
