import { startPage } from '../page/start-page.tsx';
import { AuthenticationPage } from './authentication-page.tsx';

startPage('authentication.title', AuthenticationPage);
