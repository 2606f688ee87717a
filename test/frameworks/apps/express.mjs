import express from 'express';
import { toNodeListener } from 'secevent/receiver';
import { receive } from './receiver.mjs';

const app = express();
app.use(express.json()); // leaves SETs unread
app.all('/events', toNodeListener(receive));

// Where a parser has to read them first, its limit counts too: 100 kB, unless it is told.
const parsing = { type: 'application/secevent+jwt', limit: '1mb' };
app.all('/parsed', express.text(parsing), toNodeListener(receive));
app.all('/raw', express.raw(parsing), toNodeListener(receive));

app.listen(Number(process.env.PORT), '127.0.0.1');
