import { startPage } from '../page/start-page.tsx';
import { HomePage } from './home-page.tsx';

startPage('home.title', HomePage);
