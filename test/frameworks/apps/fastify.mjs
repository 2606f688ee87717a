import fastify from 'fastify';
import { toNodeListener } from 'secevent/receiver';
import { receive } from './receiver.mjs';

const app = fastify();
const listener = toNodeListener(receive);

app.addContentTypeParser('application/secevent+jwt', (request, body, done) => done(null)); // leaves SETs unread
app.all('/events', (request, reply) => {
  reply.hijack(); // the listener responds
  listener(request.raw, reply.raw);
});

await app.listen({ port: Number(process.env.PORT), host: '127.0.0.1' });
