import { receive } from '../../../receiver.mjs';

export async function POST(request) {
  return receive(request);
}
