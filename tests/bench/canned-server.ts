import { Worker } from 'node:worker_threads';

/** A thread of its own that answers every list request with the next of a hundred pages made beforehand. */
export async function startCannedServer(pages: number): Promise<{ port: number; close(): void }> {
  const worker = new Worker(
    `const { createServer } = require('node:http');
     const { parentPort, workerData: pages } = require('node:worker_threads');
     const bodies = Array.from({ length: pages }, (_, page) => {
       const rows = Array.from({ length: 1000 }, (_, n) => {
         const key = 'users/u001/folder' + String(page).padStart(4, '0') + '/document-' + String(n).padStart(5, '0') + '.txt';
         return '<Contents><Key>' + key + '</Key><LastModified>2026-01-02T03:04:05.678Z</LastModified><ETag>&#34;0d046efba26ac1a3f561246081c086e7&#34;</ETag><Size>' + (1000 + n) + '</Size><StorageClass>STANDARD</StorageClass></Contents>';
       }).join('');
       const last = page === pages - 1;
       return Buffer.from('<?xml version="1.0" encoding="UTF-8"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>docs</Name><Prefix>users/u001/</Prefix><KeyCount>1000</KeyCount><MaxKeys>1000</MaxKeys><EncodingType>url</EncodingType><IsTruncated>' + !last + '</IsTruncated>' + (last ? '' : '<NextContinuationToken>page-' + (page + 1) + '</NextContinuationToken>') + rows + '</ListBucketResult>');
     });
     const server = createServer((request, response) => {
       const token = new URL(request.url, 'http://x').searchParams.get('continuation-token');
       response.writeHead(200, { 'content-type': 'application/xml' });
       response.end(bodies[token === null ? 0 : Number(token.slice(5))]);
     });
     server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));`,
    { eval: true, workerData: pages },
  );
  const port = await new Promise<number>((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
  return { port, close: () => void worker.terminate() };
}
