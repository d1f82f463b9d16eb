/**
 * On Electron itself: loaded before the app, fills the record that test/electron-host/electron/record.ts describes with
 * what the app shows and hands out. Dialogs are answered as prepared, else as a person who cancels. What the app's own
 * pages ask of servers is written down and cancelled; login pages have a session of their own, with the app's judge in it.
 */
import process from 'node:process';
import electron from 'electron';

const { app, dialog, nativeImage, Notification, screen, session, shell, Tray } = electron;
const record = { trays: [], notifications: [], dialogs: [], dialogAnswers: [], openedOutside: [], popUps: [], permissions: [], blocked: [], clientCertificates: [], menuPopUps: [], relaunches: 0, beeps: 0, screens: { cursor: { x: 0, y: 0 }, displays: [] } };
globalThis.shellRecord = record;

/** Calls `before` with the receiver and the arguments, then what was there. */
function observe(owner, name, before) {
  const original = owner[name];
  owner[name] = function observed(...args) {
    before(this, args);
    return original.apply(this, args);
  };
}
const entryOf = (tray) => {
  let entry = record.trays.find((one) => one.tray === tray);
  if (entry === undefined) record.trays.push((entry = { tray, toolTip: '', title: '', image: null, menu: null }));
  return entry;
};
const imageOf = (image) => (typeof image === 'string' ? nativeImage.createFromPath(image) : image);
observe(Tray.prototype, 'setToolTip', (tray, [text]) => { entryOf(tray).toolTip = text; });
observe(Tray.prototype, 'setTitle', (tray, [text]) => { entryOf(tray).title = text; });
observe(Tray.prototype, 'setImage', (tray, [image]) => { entryOf(tray).image = imageOf(image); });
observe(Tray.prototype, 'setContextMenu', (tray, [menu]) => { entryOf(tray).menu = menu; });
observe(Tray.prototype, 'destroy', (tray) => { record.trays = record.trays.filter((one) => one.tray !== tray); });
observe(Notification.prototype, 'show', (notification) => { record.notifications.push({ title: notification.title, body: notification.body, notification }); });

const ask = (kind, args) => {
  record.dialogs.push({ kind, options: args.at(-1) });
  return record.dialogAnswers.shift() ?? {};
};
dialog.showMessageBox = async (...args) => {
  const answer = ask('message', args);
  return { response: answer.response ?? args.at(-1).cancelId ?? 0, checkboxChecked: answer.checkboxChecked ?? false };
};
dialog.showOpenDialog = async (...args) => {
  const { filePaths } = ask('open', args);
  return { canceled: filePaths === undefined, filePaths: filePaths ?? [] };
};
dialog.showSaveDialog = async (...args) => {
  const { filePath } = ask('save', args);
  return { canceled: filePath === undefined, filePath: filePath ?? '' };
};
dialog.showErrorBox = (title, content) => { ask('error', [{ title, content }]); };
shell.openExternal = async (url) => { record.openedOutside.push(url); };
shell.openPath = async (path) => {
  record.openedOutside.push(path);
  return '';
};
shell.showItemInFolder = (path) => { record.openedOutside.push(path); };

app.on('web-contents-created', (_event, contents) => {
  const { setWindowOpenHandler } = contents;
  contents.setWindowOpenHandler = (handler) =>
    setWindowOpenHandler.call(contents, (details) => {
      const answer = handler(details);
      record.popUps.push({ url: details.url, action: answer.action });
      return answer;
    });
});
const ready = app.whenReady().then(() => {
  const ours = session.defaultSession;
  ours.webRequest.onBeforeRequest({ urls: ['http://*/*', 'https://*/*', 'ws://*/*', 'wss://*/*', 'file:///*'] }, ({ url }, answer) => {
    record.blocked.push(url);
    answer({ cancel: true });
  });
  const { setPermissionRequestHandler } = ours;
  ours.setPermissionRequestHandler = (handler) =>
    setPermissionRequestHandler.call(ours, (contents, permission, answer, details) =>
      handler(contents, permission, (granted) => {
        record.permissions.push({ permission, url: details.requestingUrl, granted });
        answer(granted);
      }, details));
  // Nobody's mouse is moved. On a machine with one screen a spec about two says so.
  record.screens.displays = screen.getAllDisplays();
  screen.getCursorScreenPoint = () => record.screens.cursor;
});
ready.catch((error) => {
  process.stderr.write(`record-electron: ${error instanceof Error ? error.stack : String(error)}\n`);
  app.exit(1);
});

// A file given to Electron makes its folder the app's; the pages lie beside it, in the checkout.
const appPath = process.env.E2E_APP_PATH;
if (appPath !== undefined) app.getAppPath = () => appPath;
