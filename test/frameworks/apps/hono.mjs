import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { receive } from './receiver.mjs';

const app = new Hono();

app.all('/events', (c) => receive(c.req.raw));

serve({ fetch: app.fetch, port: Number(process.env.PORT), hostname: '127.0.0.1' });
