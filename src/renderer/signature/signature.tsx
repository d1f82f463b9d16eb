import { startPage } from '../page/start-page.tsx';
import { SignaturePage } from './signature-page.tsx';

startPage('signature.title', SignaturePage);
