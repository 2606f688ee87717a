import express from 'express';
import { toNodeListener } from 'secevent/receiver';
import { receive } from './receiver.mjs';

const app = express();
app.use(express.json()); // leaves SETs unread
app.all('/events', toNodeListener(receive));

// If a parser has to read them first, its own limit applies too, which is 100 kB by default.
const parsing = { type: 'application/secevent+jwt', limit: '1mb' };
app.all('/parsed', express.text(parsing), toNodeListener(receive));
app.all('/raw', express.raw(parsing), toNodeListener(receive));

app.listen(Number(process.env.PORT), '127.0.0.1');
