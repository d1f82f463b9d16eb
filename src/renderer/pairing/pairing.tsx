import { startPage } from '../page/start-page.tsx';
import { PairingPage } from './pairing-page.tsx';

startPage('pairing.title', PairingPage);
