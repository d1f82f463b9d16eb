// Who may import whom. Layers are folders; a line here is the whole law.
const between = (name, from, to, comment) => ({
  name, severity: 'error', comment,
  from: { path: from }, to: { path: to },
});

module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    between('formats-is-a-leaf', '^src/formats/', '^src/(?!formats/)', 'formats is pure: bytes in, bytes out'),
    between('formats-has-no-io', '^src/formats/', '^(node:)?(fs|net|http|https|child_process|os|process|timers|dgram|tls|worker_threads)(/|$)', 'formats: no I/O'),
    between('contract-is-a-leaf', '^src/contract/', '^src/(?!contract/)', 'the contract knows nobody'),
    between('native-knows-formats', '^src/native/', '^src/(?!native/|formats/)', 'native imports formats only'),
    between('agent-knows-ports', '^src/agent/', '^src/(?!agent/|formats/|contract/|native/host/|native/peer/)', 'agent reaches the machine through native/host and native/peer'),
    { name: 'sandbox-plays-ports', severity: 'error', comment: 'sandbox knows formats and the types of the ports it plays',
      from: { path: '^src/sandbox/' }, to: { path: '^src/(agent|main|renderer|cli|hub)/', pathNot: '^src/agent/ports\\.ts$' } },
    between('nobody-imports-sandbox', '^src/(?!sandbox/|cli/)', '^src/sandbox/', 'sandbox is for cli (lazily) and tests'),
    { name: 'sandbox-lazily', severity: 'error', comment: 'cli loads sandbox by import() only',
      from: { path: '^src/cli/' }, to: { path: '^src/sandbox/', dependencyTypesNot: ['dynamic-import', 'type-only'] } },
    { name: 'electron-in-main-only', severity: 'error', from: { path: '^src/(?!main/)' }, to: { path: '^electron(/|$)' } },
    between('renderer-knows-the-contract', '^src/renderer/', '^src/(?!renderer/|contract/)', 'pages know the typed contract and messages'),
    { name: 'product-does-not-need-dev-dependencies', severity: 'error',
      comment: 'Electron is the program that the package runs in, not a package in it',
      from: { path: '^src/(?!sandbox/|renderer/)' }, to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'], pathNot: '(^|/)electron(/|$)' } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'], extensions: ['.ts', '.js', '.mjs', '.cjs', '.json'] },
  },
};
