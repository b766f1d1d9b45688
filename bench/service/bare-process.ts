/** The least that a fastify route costs: it parses the same body and answers the same JSON, and does nothing besides. */
import fastify from 'fastify';
import { jobOf } from '../spans/child.ts';

const { answer } = jobOf<{ answer: object }>();
const app = fastify();
app.post('/tasks', (_request, reply) => reply.code(201).send(answer));
process.once('disconnect', async () => {
  await app.close();
  process.exit();
});
process.send?.({ url: await app.listen({ port: 0, host: '127.0.0.1' }) });
