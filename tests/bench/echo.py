# An echo server of a few lines, to compare with: python3 echo.py PATH
import socketserver
import sys


class Echo(socketserver.BaseRequestHandler):
    def handle(self):
        while data := self.request.recv(65536):
            self.request.sendall(data)


class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    request_queue_size = 1024
    daemon_threads = True


with Server(sys.argv[1], Echo) as server:
    server.serve_forever()
