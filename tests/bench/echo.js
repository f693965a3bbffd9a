// An echo server of a few lines, to compare with: node echo.js PATH
require('net')
    .createServer((client) => {
        client.on('error', () => {});
        client.pipe(client);
    })
    .listen(process.argv[2]);
