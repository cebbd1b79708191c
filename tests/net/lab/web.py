# SPDX-License-Identifier: GPL-2.0-or-later
"""A web server in a namespace that takes posts over TLS and keeps them."""

import http.server
import pathlib
import socket
import ssl
import subprocess
import threading

from .host import LabError


class WebServer:
    """Context manager: https://ADDRESS:PORT. .codes are the answers to the next posts, 204 when
    there are none left; .posts are (path, headers, body)."""

    def __init__(self, namespace, directory, address, port=443):
        self.namespace = namespace
        self.directory = pathlib.Path(directory)
        self.certificate = self.directory / "certificate.pem"
        self.address, self.port = address, port
        self.codes = []
        self.posts = []
        self._server = None

    def __enter__(self):
        self.directory.mkdir(parents=True)
        self._make_certificate()
        self._server = http.server.ThreadingHTTPServer((self.address, self.port), self._handler(),
                                                       bind_and_activate=False)
        listener = self.namespace.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((self.address, self.port))
        listener.listen(16)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self.directory / "key.pem")
        self._server.socket.close()
        self._server.socket = context.wrap_socket(listener, server_side=True)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *exception):
        self._server.shutdown()
        self._server.server_close()

    def _handler(self):
        web = self

        class Handler(http.server.BaseHTTPRequestHandler):
            """Takes a post."""

            def do_POST(self):  # noqa: N802, a name of http.server
                """Keep it and answer."""
                body = self.rfile.read(int(self.headers["Content-Length"]))
                web.posts.append((self.path, dict(self.headers), body))
                self.send_response(web.codes.pop(0) if web.codes else 204)
                self.send_header("Location", f"https://{web.address}/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                """To nobody."""

        return Handler

    def _make_certificate(self):
        result = subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
             "-nodes", "-days", "2", "-subj", "/CN=hooks.example.net", "-addext",
             f"subjectAltName=IP:{self.address}", "-keyout", self.directory / "key.pem",
             "-out", self.certificate], capture_output=True, text=True)
        if result.returncode:
            raise LabError(f"openssl: {result.stderr}")
